data "esa_site" "example" {
  name = "example.com"
}

# Requests for the shop go to the routine; everything else goes to the origin as before.
resource "esa_routine_route" "shop" {
  site_id      = data.esa_site.example.id
  routine_name = "hello"
  route_name   = "shop"
  rule         = provider::esa::route_rule("www.example.com/shop/*")
  fallback     = true # to the origin if the routine fails
}
