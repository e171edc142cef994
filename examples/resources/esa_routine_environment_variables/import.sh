# The id is the name of the routine and the environment. Secrets are imported by name; the next apply sends their values.
terraform import esa_routine_environment_variables.production hello:production
