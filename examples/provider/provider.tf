terraform {
  required_providers {
    esa = {
      source  = "edge-routines/esa"
      version = "~> 0.1"
    }
  }
}

# The access key comes from the environment:
# ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET.
provider "esa" {
  region = "cn-hangzhou"
}
