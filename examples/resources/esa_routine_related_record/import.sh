# The id is the name of the routine and the number of the record.
terraform import esa_routine_related_record.hello hello:509348423011904
