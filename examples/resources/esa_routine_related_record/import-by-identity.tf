import {
  to = esa_routine_related_record.hello
  identity = {
    name      = "hello"
    record_id = "509348423011904"
  }
}
