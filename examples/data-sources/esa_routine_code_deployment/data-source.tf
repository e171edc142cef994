data "esa_routine_code_deployment" "production" {
  name = "hello"
  env  = "production"
}

output "production_split" {
  value = {
    for version in data.esa_routine_code_deployment.production.code_versions :
    version.code_version => version.percentage
  }
}
