# The state, in a bucket of OSS and locked by a table of Tablestore. Both take the same short-lived key as the provider.
terraform {
  backend "oss" {
    bucket              = "acme-terraform"
    prefix              = "edge"
    region              = "cn-hangzhou"
    tablestore_endpoint = "https://acme-terraform.cn-hangzhou.ots.aliyuncs.com"
    tablestore_table    = "terraform_lock"
  }
}
