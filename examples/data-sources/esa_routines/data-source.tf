data "esa_routines" "all" {}

# Where each routine answers without a route or a record.
output "addresses" {
  value = { for routine in data.esa_routines.all.routines : routine.name => "https://${routine.default_related_record}" }
}

output "routines_left" {
  value = data.esa_routines.all.quota - data.esa_routines.all.used
}
