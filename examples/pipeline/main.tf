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

resource "esa_routine" "this" {
  name = var.routine
}

# One build for each environment: a version carries the variables of its deploy_env. Five are kept for a rollback.
resource "esa_routine_code_version" "this" {
  for_each = toset(["staging", "production"])

  name             = esa_routine.this.name
  description      = trimspace(file("${path.module}/dist/commit"))
  entry            = "${path.module}/dist/worker.js"
  assets_directory = "${path.module}/dist/public"
  deploy_env       = each.key
  retain           = 5
}

resource "esa_routine_code_deployment" "staging" {
  name = esa_routine.this.name
  env  = "staging"

  code_versions = [{ code_version = esa_routine_code_version.this["staging"].code_version, percentage = 100 }]
}

# What production serves now. The name comes from a variable, so that a plan can read it.
data "esa_routine_code_deployment" "production" {
  name = var.routine
  env  = "production"
}

# What production served when this version was published, for a rollback: the version with more than half of the requests.
resource "terraform_data" "stable" {
  input = one([for share in local.live : share.code_version if share.percentage > 50])

  lifecycle {
    ignore_changes       = [input]
    replace_triggered_by = [esa_routine_code_version.this["production"]]
  }
}

locals {
  live      = data.esa_routine_code_deployment.production.code_versions
  candidate = esa_routine_code_version.this["production"].code_version
  split = (
    var.roll_back ? tolist([{ code_version = terraform_data.stable.output, percentage = 100 }]) :
    var.percentage == 0 ? local.live :
    provider::esa::shift(local.live, local.candidate, var.percentage)
  )
}

resource "esa_routine_code_deployment" "production" {
  # Nothing is released before the first step of the first release.
  count = length(local.split) > 0 ? 1 : 0

  name          = esa_routine.this.name
  env           = "production"
  code_versions = local.split

  # Someone who deploys between two steps stops the release. A run from its beginning starts from what they deployed.
  on_outside_change = "stop"

  lifecycle {
    precondition {
      condition     = !var.roll_back || terraform_data.stable.output != null
      error_message = "There is no version to go back to: this release is the first one."
    }
  }

  # A version that staging refuses does not reach production.
  depends_on = [esa_routine_code_deployment.staging]
}
