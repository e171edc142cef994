import {
  to = esa_routine_code_version.next
  identity = {
    name         = "hello"
    code_version = "1723599747213377175"
  }
}
