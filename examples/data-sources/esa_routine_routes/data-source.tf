data "esa_routine_routes" "hello" {
  routine_name = "hello"
}

# Which routes lead to the routine, by the id that imports them.
output "rules" {
  value = { for route in data.esa_routine_routes.hello.routes : route.id => route.rule if route.enabled }
}
