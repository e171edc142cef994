import {
  to = esa_routine_related_record.hello
  id = "hello:509348423011904"
}
