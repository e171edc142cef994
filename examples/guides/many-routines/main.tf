terraform {
  required_providers {
    esa = {
      source = "edge-routines/esa"
    }
  }
}

locals {
  # One line a routine; its code is src/NAME.js.
  routines = {
    checkout = { description = "Prices at the edge" }
    landing  = { description = "Chooses the language" }
    search   = { description = "Caches what many look for" }
  }

  releases = {
    for pair in setproduct(keys(local.routines), ["staging", "production"]) :
    "${pair[0]}-${pair[1]}" => { name = pair[0], env = pair[1] }
  }
}

resource "esa_routine" "each" {
  for_each = local.routines

  name        = each.key
  description = each.value.description
}

resource "esa_routine_code_version" "each" {
  for_each = local.routines

  name  = esa_routine.each[each.key].name
  entry = "${path.module}/src/${each.key}.js"

  lifecycle {
    create_before_destroy = true
  }
}

resource "esa_routine_code_deployment" "each" {
  for_each = local.releases

  name = each.value.name
  env  = each.value.env

  code_versions = [
    { code_version = esa_routine_code_version.each[each.value.name].code_version, percentage = 100 },
  ]
}
