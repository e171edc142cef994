# The routes of a routine, in every site: terraform query -generate-config-out=routes.tf
list "esa_routine_route" "hello" {
  provider         = esa
  include_resource = true

  config {
    routine_name = "hello"
  }
}
