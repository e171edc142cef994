import {
  to = esa_routine_code_version.next
  id = "hello:1723599747213377175"
}
