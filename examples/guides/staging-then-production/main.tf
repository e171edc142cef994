terraform {
  required_providers {
    esa = {
      source = "edge-routines/esa"
    }
  }
}

variable "routine" {
  description = "Name of the routine."
  type        = string
  default     = "hello"
}

# What staging serves at this moment, whoever released it there.
data "esa_routine_code_deployment" "staging" {
  name = var.routine
  env  = "staging"
}

# Production gets exactly the versions that were tested in staging, in the same proportion.
resource "esa_routine_code_deployment" "production" {
  name = var.routine
  env  = "production"

  code_versions = [
    for version in data.esa_routine_code_deployment.staging.code_versions : {
      code_version = version.code_version
      percentage   = version.percentage
    }
  ]
}
