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

# The splits of each environment, by routine.
locals {
  splits = { for env in ["staging", "production"] : env => {
    for key, split in var.splits : trimsuffix(key, ":${env}") => [
      for code_version, percentage in split : { code_version = code_version, percentage = percentage }
    ] if endswith(key, ":${env}")
  } }
}

resource "esa_routine_code_deployment" "staging" {
  for_each = local.splits["staging"]

  name            = each.key
  env             = "staging"
  code_versions   = each.value
  allow_overwrite = contains(var.overwrite, "${each.key}:staging")
}

resource "esa_routine_code_deployment" "production" {
  for_each = local.splits["production"]

  name            = each.key
  env             = "production"
  code_versions   = each.value
  allow_overwrite = contains(var.overwrite, "${each.key}:production")

  # A release that staging refuses does not reach production.
  depends_on = [esa_routine_code_deployment.staging]
}
