terraform {
  required_providers {
    esa = {
      source = "edge-routines/esa"
    }
  }
}

# The site is there already, and active: its domain is delegated to ESA.
data "esa_site" "example" {
  name = "example.com"
}

resource "esa_routine" "hello" {
  name = "hello"
}

resource "esa_routine_environment_variables" "each" {
  for_each = toset(["staging", "production"])

  name = esa_routine.hello.name
  env  = each.key

  variables = {
    GREETING = "Hello from ${each.key}"
  }
}

# One build for each environment: a version carries the variables of its deploy_env.
resource "esa_routine_code_version" "hello" {
  for_each = esa_routine_environment_variables.each

  name       = esa_routine.hello.name
  entry      = "${path.module}/src/index.js"
  deploy_env = each.key
  retain     = 3
  # Changed variables make another version.
  description = "variables ${each.value.revision}"
}

resource "esa_routine_code_deployment" "staging" {
  name = esa_routine.hello.name
  env  = "staging"

  code_versions = [
    { code_version = esa_routine_code_version.hello["staging"].code_version, percentage = 100 },
  ]
}

resource "esa_routine_code_deployment" "production" {
  name = esa_routine.hello.name
  env  = "production"

  code_versions = [
    { code_version = esa_routine_code_version.hello["production"].code_version, percentage = 100 },
  ]

  # A version that staging refuses does not reach production.
  depends_on = [esa_routine_code_deployment.staging]
}

# https://www.example.com/ is answered by the routine alone.
resource "esa_routine_related_record" "www" {
  name        = esa_routine.hello.name
  site_id     = data.esa_site.example.id
  record_name = "www.example.com"

  depends_on = [esa_routine_code_deployment.production]
}

data "esa_routine_staging" "this" {}

output "test_staging" {
  value = "curl --connect-to ::${data.esa_routine_staging.this.ipv4_addresses[0]} https://www.example.com/"
}
