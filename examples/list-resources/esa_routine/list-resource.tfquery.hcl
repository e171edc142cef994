# terraform query -generate-config-out=adopted.tf
list "esa_routine" "shop" {
  provider         = esa
  include_resource = true

  config {
    name_prefix = "shop-"
  }
}
