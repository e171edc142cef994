terraform {
  required_version = ">= 1.8"
  required_providers {
    esa = {
      source = "registry.terraform.io/edge-routines/esa"
    }
    # Needed until the moves are applied: Terraform reads the old state with its schema.
    alicloud = {
      source  = "registry.terraform.io/aliyun/alicloud"
      version = ">= 1.287.0"
    }
  }
}

provider "esa" {
  region = "cn-hangzhou"
}

moved {
  from = alicloud_esa_routine.hello
  to   = esa_routine.hello
}

moved {
  from = alicloud_esa_routine_code_deployment.production
  to   = esa_routine_code_deployment.production
}

resource "esa_routine" "hello" {
  name        = "hello"
  description = "Greets whoever comes by"
}

resource "esa_routine_code_deployment" "production" {
  name = esa_routine.hello.name
  env  = "production"

  code_versions = [
    { code_version = "1723599747213377175", percentage = 90 },
    { code_version = "1723599747213377176", percentage = 10 },
  ]

  timeouts = {
    create = "10m"
  }
}
