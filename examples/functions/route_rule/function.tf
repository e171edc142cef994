# (http.host eq "www.example.com" and starts_with(http.request.uri.path, "/shop/"))
output "rule" {
  value = provider::esa::route_rule("www.example.com/shop/*")
}
