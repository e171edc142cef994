terraform {
  required_version = ">= 1.8"

  required_providers {
    esa = {
      source  = "edge-routines/esa"
      version = "~> 0.1"
    }
  }
}

# Credentials come from the environment: the pipeline assumes a RAM role by OIDC, and people use their own profile.
provider "esa" {
  region = var.region
}

resource "esa_routine_code_deployment" "this" {
  for_each = var.splits

  name = split(":", each.key)[0]
  env  = split(":", each.key)[1]

  code_versions = [for code_version, percentage in each.value : {
    code_version = code_version
    percentage   = percentage
  }]
}
