data "esa_site" "example" {
  name = "example.com"
}

output "is_active" {
  value = data.esa_site.example.status == "active"
}
