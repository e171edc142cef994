data "esa_routine_related_records" "hello" {
  name = "hello"
}

# Which host names the routine answers, by the id that imports them.
output "host_names" {
  value = { for record in data.esa_routine_related_records.hello.related_records : record.id => record.record_name }
}
