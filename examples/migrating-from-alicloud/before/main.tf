terraform {
  required_providers {
    alicloud = {
      source  = "registry.terraform.io/aliyun/alicloud"
      version = ">= 1.287.0"
    }
  }
}

provider "alicloud" {
  region = "cn-hangzhou"
}

resource "alicloud_esa_routine_code_deployment" "production" {
  routine_name = "hello"
  env          = "production"

  code_versions {
    code_version = "1723599747213377175"
    percentage   = 90
  }
  code_versions {
    code_version = "1723599747213377176"
    percentage   = 10
  }

  timeouts {
    create = "10m"
  }
}
