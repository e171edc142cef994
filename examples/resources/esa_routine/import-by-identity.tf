import {
  to = esa_routine.hello
  identity = {
    name = "hello"
  }
}
