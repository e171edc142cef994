# What production serves, of every routine of the account: terraform query
list "esa_routine_code_deployment" "production" {
  provider = esa
  limit    = 1000

  config {
    env = "production"
  }
}
