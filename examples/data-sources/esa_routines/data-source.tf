data "esa_routines" "all" {}

# Where each routine answers by itself.
output "addresses" {
  value = { for routine in data.esa_routines.all.routines : routine.name => "https://${routine.default_related_record}" }
}

output "routines_left" {
  value = data.esa_routines.all.quota - data.esa_routines.all.used
}
