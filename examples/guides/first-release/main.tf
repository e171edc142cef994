terraform {
  required_providers {
    esa = {
      source = "edge-routines/esa"
    }
  }
}

resource "esa_routine" "hello" {
  name        = "hello"
  description = "Greets from the edge"
}

resource "esa_routine_code_version" "hello" {
  name  = esa_routine.hello.name
  entry = "${path.module}/src/index.js"

  # Other content makes another version. The last five stay in ESA for a rollback.
  retain = 5
}

resource "esa_routine_code_deployment" "staging" {
  name = esa_routine.hello.name
  env  = "staging"

  code_versions = [
    { code_version = esa_routine_code_version.hello.code_version, percentage = 100 },
  ]
}

resource "esa_routine_code_deployment" "production" {
  name = esa_routine.hello.name
  env  = "production"

  code_versions = [
    { code_version = esa_routine_code_version.hello.code_version, percentage = 100 },
  ]

  # A version that staging refuses does not reach production.
  depends_on = [esa_routine_code_deployment.staging]
}
