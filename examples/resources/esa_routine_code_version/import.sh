# The id is the name of the routine and the number of the code version.
terraform import esa_routine_code_version.next hello:1723599747213377175
