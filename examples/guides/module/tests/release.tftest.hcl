# terraform test: no account and no network, since the provider is mocked.
mock_provider "esa" {
  mock_resource "esa_routine_code_version" {
    defaults = {
      code_version = "1723599747213377175"
    }
  }
}

variables {
  name  = "hello"
  entry = "src/index.js"
}

run "a_first_release_serves_the_new_version_alone" {
  assert {
    condition     = length(esa_routine_code_deployment.production.code_versions) == 1
    error_message = "A first release has nothing to share the traffic with."
  }
}

run "a_canary_keeps_the_stable_version" {
  variables {
    stable = "1723599747213377000"
    canary = 10
  }

  assert {
    condition     = sum(esa_routine_code_deployment.production.code_versions[*].percentage) == 100
    error_message = "The shares must sum to 100."
  }

  assert {
    condition     = esa_routine_code_deployment.production.code_versions[0].code_version == "1723599747213377000"
    error_message = "The stable version must keep its place."
  }
}
