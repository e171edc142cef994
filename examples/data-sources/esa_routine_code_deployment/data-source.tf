data "esa_routine_code_deployment" "production" {
  name = "hello"
  env  = "production"
}

# Code version => percentage, empty if production serves nothing.
output "production_split" {
  value = data.esa_routine_code_deployment.production.traffic
}
