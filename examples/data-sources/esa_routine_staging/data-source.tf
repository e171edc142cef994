data "esa_routine_staging" "this" {}

# curl --connect-to "::$(terraform output -raw staging_address)" https://hello.example.com/
output "staging_address" {
  value = data.esa_routine_staging.this.ipv4_addresses[0]
}
