# The versions of one routine, the newest first: terraform query
list "esa_routine_code_version" "hello" {
  provider = esa

  config {
    name = "hello"
  }
}
