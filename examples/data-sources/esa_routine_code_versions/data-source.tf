data "esa_routine_code_versions" "releases" {
  name        = "hello"
  description = "release"
}

# Staging follows the newest version whose description says "release" and that is built.
resource "esa_routine_code_deployment" "staging" {
  name = "hello"
  env  = "staging"

  code_versions = [
    { code_version = data.esa_routine_code_versions.releases.latest, percentage = 100 },
  ]
}
