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

resource "alicloud_esa_routine" "hello" {
  name             = "hello"
  description      = "Greets whoever comes by"
  code             = "export default { async fetch() { return new Response('Hello'); } };"
  code_description = "v2"
}

resource "alicloud_esa_routine_code_deployment" "production" {
  routine_name = alicloud_esa_routine.hello.name
  env          = "production"

  code_versions {
    code_version = "1723599747213377175"
    percentage   = 90
  }
  code_versions {
    code_version = alicloud_esa_routine.hello.latest_code_version
    percentage   = 10
  }

  timeouts {
    create = "10m"
  }
}
