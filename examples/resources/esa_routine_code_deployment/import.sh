# The id is the name of the routine and the environment.
terraform import esa_routine_code_deployment.production hello:production
