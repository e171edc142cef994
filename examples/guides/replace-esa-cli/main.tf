terraform {
  required_providers {
    esa = {
      source = "edge-routines/esa"
    }
  }
}

# The routine and its deployment are there already, made by esa-cli: take them over as they are.
import {
  to = esa_routine.hello
  id = "hello"
}

import {
  to = esa_routine_code_deployment.production
  id = "hello:production"
}

resource "esa_routine" "hello" {
  name = "hello"
}

# esa-cli commit: uploads the bundle and waits until it is built.
resource "esa_routine_code_version" "hello" {
  name  = esa_routine.hello.name
  entry = "${path.module}/dist/index.js"

  # Keeps the last ten versions for a rollback, and deletes older ones.
  retain = 10
}

# esa-cli deploy --environment production
resource "esa_routine_code_deployment" "production" {
  name = esa_routine.hello.name
  env  = "production"

  code_versions = [
    { code_version = esa_routine_code_version.hello.code_version, percentage = 100 },
  ]
}
