data "esa_site" "example" {
  name = "example.com"
}

# The routine answers this host name by itself. ESA makes the DNS record.
resource "esa_routine_related_record" "hello" {
  name        = "hello"
  site_id     = data.esa_site.example.id
  record_name = "hello.example.com"
}
