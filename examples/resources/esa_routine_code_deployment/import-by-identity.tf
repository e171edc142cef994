import {
  to = esa_routine_code_deployment.production
  identity = {
    name = "hello"
    env  = "production"
  }
}
