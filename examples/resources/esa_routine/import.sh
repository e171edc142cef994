# The id is the name of the routine.
terraform import esa_routine.hello hello
