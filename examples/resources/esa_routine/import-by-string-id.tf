import {
  to = esa_routine.hello
  id = "hello"
}
