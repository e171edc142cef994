import {
  to = esa_routine_code_deployment.production
  id = "hello:production"
}
