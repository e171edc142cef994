terraform {
  required_providers {
    esa = {
      source = "edge-routines/esa"
    }
  }
}

variable "code_version" {
  description = "Code version that is released."
  type        = string
}

locals {
  # The share of failed requests of the last minute, where it is below 1%.
  query = <<-QUERY
    sum(rate(http_requests_total{host="www.example.com", code=~"5.."}[1m]))
      / sum(rate(http_requests_total{host="www.example.com"}[1m])) < 0.01
  QUERY
}

resource "esa_routine_code_deployment" "production" {
  name = "shop"
  env  = "production"

  code_versions = [
    { code_version = var.code_version, percentage = 100 },
  ]

  rollout = {
    steps     = [{ percentage = 5, bake_time = "5m" }, { percentage = 50, bake_time = "5m" }]
    bake_time = "5m"

    checks = [{
      url          = "https://prometheus.example.com/api/v1/query?query=${urlencode(local.query)}"
      expect_body  = "\"value\":"
      interval     = "30s"
      max_failures = 4
    }]
  }

  timeouts = {
    create = "10m"
    update = "25m"
  }
}
