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

  # Another content is another version. It is published before this one is deleted, so that
  # the environments can move over in between.
  lifecycle {
    create_before_destroy = true
  }
}

resource "esa_routine_code_deployment" "hello" {
  for_each = toset(["staging", "production"])

  name = esa_routine.hello.name
  env  = each.key

  code_versions = [
    { code_version = esa_routine_code_version.hello.code_version, percentage = 100 },
  ]
}
