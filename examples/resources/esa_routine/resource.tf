resource "esa_routine" "hello" {
  name        = "hello"
  description = "Says hello at the edge"

  # Destroying a routine deletes its code versions and stops what its environments serve.
  lifecycle {
    prevent_destroy = true
  }
}

# Where the routine answers without a route or a record, without a route of a site.
output "hello_address" {
  value = "https://${esa_routine.hello.default_related_record}"
}
