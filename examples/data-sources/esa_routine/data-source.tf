data "esa_routine" "hello" {
  name = "hello"
}

output "hello_address" {
  value = "https://${data.esa_routine.hello.default_related_record}"
}
