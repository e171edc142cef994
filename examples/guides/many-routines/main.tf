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

  # Keeps the last five versions of each for a rollback.
  retain = 5
}

resource "esa_routine_code_deployment" "staging" {
  for_each = local.routines

  name = esa_routine.each[each.key].name
  env  = "staging"

  code_versions = [
    { code_version = esa_routine_code_version.each[each.key].code_version, percentage = 100 },
  ]
}

resource "esa_routine_code_deployment" "production" {
  for_each = local.routines

  name = esa_routine.each[each.key].name
  env  = "production"

  code_versions = [
    { code_version = esa_routine_code_version.each[each.key].code_version, percentage = 100 },
  ]

  # Production waits until staging serves every new version.
  depends_on = [esa_routine_code_deployment.staging]
}
