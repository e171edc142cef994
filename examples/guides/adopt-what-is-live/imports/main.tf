terraform {
  required_providers {
    esa = {
      source = "edge-routines/esa"
    }
  }
}

data "esa_routines" "live" {}

locals {
  environments = {
    for pair in setproduct(data.esa_routines.live.names, ["staging", "production"]) :
    "${pair[0]}:${pair[1]}" => { name = pair[0], env = pair[1] }
  }
}

data "esa_routine_code_deployment" "live" {
  for_each = local.environments

  name = each.value.name
  env  = each.value.env
}

# An import block for each routine and for each environment that serves something.
output "import_blocks" {
  value = join("\n", concat(
    [
      for name in data.esa_routines.live.names :
      "import {\n  to = esa_routine.${replace(name, "-", "_")}\n  id = \"${name}\"\n}\n"
    ],
    [
      for id, deployment in data.esa_routine_code_deployment.live :
      "import {\n  to = esa_routine_code_deployment.${replace(replace(id, "-", "_"), ":", "_")}\n  id = \"${id}\"\n}\n"
      if deployment.deployment_id != null
    ],
  ))
}
