terraform {
  required_providers {
    esa = {
      source = "edge-routines/esa"
    }
  }
}

resource "esa_routine" "shop" {
  name = "shop"
}

resource "esa_routine_code_version" "shop" {
  name  = esa_routine.shop.name
  entry = "${path.module}/src/index.js"

  # The stable version has to stay in ESA for the way back.
  retain = 5
}

resource "esa_routine_code_deployment" "production" {
  name = esa_routine.shop.name
  env  = "production"

  # Where the release ends. How it gets there is the rollout.
  code_versions = [
    { code_version = esa_routine_code_version.shop.code_version, percentage = 100 },
  ]

  rollout = {
    steps = [
      { percentage = 5, bake_time = "3m" },
      { percentage = 50, bake_time = "5m" },
    ]
    bake_time = "5m"

    checks = [
      { url = "https://www.example.com/", expect_body = "</html>", interval = "2s" },
      { url = "https://www.example.com/api/healthz", expect_status = [200, 204], interval = "2s" },
    ]
  }

  # An update bakes for 13 minutes, the first release for five. Leave time for the deployments and the last checks.
  timeouts = {
    create = "10m"
    update = "20m"
  }
}
