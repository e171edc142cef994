terraform {
  required_providers {
    esa = {
      source = "edge-routines/esa"
    }
  }
}

variable "stable" {
  description = "Release that has proved itself: a file in releases/ without its ending."
  type        = string
  default     = "v1"
}

variable "candidate" {
  description = "Release that is to take over."
  type        = string
  default     = "v2"
}

variable "canary" {
  description = "Share of the production traffic that the candidate serves, in percent, from 0 to 100."
  type        = number
  default     = 10
}

resource "esa_routine" "hello" {
  name = "hello"
}

# Both releases are kept through the canary, each as a version of its own.
resource "esa_routine_code_version" "release" {
  for_each = toset([var.stable, var.candidate])

  name        = esa_routine.hello.name
  description = each.key
  entry       = "${path.module}/releases/${each.key}.js"
}

resource "esa_routine_code_deployment" "staging" {
  name = esa_routine.hello.name
  env  = "staging"

  code_versions = [
    { code_version = esa_routine_code_version.release[var.candidate].code_version, percentage = 100 },
  ]
}

resource "esa_routine_code_deployment" "production" {
  name = esa_routine.hello.name
  env  = "production"

  code_versions = provider::esa::canary(
    esa_routine_code_version.release[var.stable].code_version,
    esa_routine_code_version.release[var.candidate].code_version,
    var.canary,
  )

  # A version that staging refuses does not reach production.
  depends_on = [esa_routine_code_deployment.staging]
}
