import {
  to = esa_routine_environment_variables.production
  id = "hello:production"
}
