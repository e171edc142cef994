terraform {
  required_version = ">= 1.8"

  required_providers {
    esa = {
      source = "edge-routines/esa"
    }
  }
}

variable "name" {
  description = "Name of the routine."
  type        = string
}

variable "entry" {
  description = "Path of the bundled function."
  type        = string
}

variable "stable" {
  description = "Code version that serves what the new one does not serve yet; null for a first release."
  type        = string
  default     = null
}

variable "canary" {
  description = "Share of the production traffic that the new version serves, in percent."
  type        = number
  default     = 100
}

resource "esa_routine_code_version" "this" {
  name   = var.name
  entry  = var.entry
  retain = 10
}

resource "esa_routine_code_deployment" "staging" {
  name = var.name
  env  = "staging"

  code_versions = [
    { code_version = esa_routine_code_version.this.code_version, percentage = 100 },
  ]
}

resource "esa_routine_code_deployment" "production" {
  name = var.name
  env  = "production"

  code_versions = (
    var.stable == null
    ? [{ code_version = esa_routine_code_version.this.code_version, percentage = 100 }]
    : provider::esa::canary(var.stable, esa_routine_code_version.this.code_version, var.canary)
  )

  # A version that staging refuses does not reach production.
  depends_on = [esa_routine_code_deployment.staging]
}

output "code_version" {
  description = "The new code version: the next release's stable one."
  value       = esa_routine_code_version.this.code_version
}
