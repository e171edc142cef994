# A canary: nine of ten requests stay with the version that has proved itself.
resource "esa_routine_code_deployment" "production" {
  name = "hello"
  env  = "production"

  code_versions = [
    { code_version = "1723599747213377175", percentage = 90 },
    { code_version = "1724031912836413459", percentage = 10 },
  ]
}
