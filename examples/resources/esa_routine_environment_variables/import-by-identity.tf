import {
  to = esa_routine_environment_variables.production
  identity = {
    name = "hello"
    env  = "production"
  }
}
