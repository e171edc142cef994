# The host names of a routine: terraform query -generate-config-out=records.tf
list "esa_routine_related_record" "hello" {
  provider         = esa
  include_resource = true

  config {
    name = "hello"
  }
}
