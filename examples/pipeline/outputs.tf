output "live" {
  description = "What each environment serves, as Markdown."
  value = join("\n", [for deployment in concat([esa_routine_code_deployment.staging], esa_routine_code_deployment.production) :
    "- `${deployment.id}` serves ${join(" and ", [for code_version, percentage in deployment.traffic : "${percentage}% ${code_version}"])} (deployment ${deployment.deployment_id})"
  ])
}

output "staging_address" {
  description = "Where staging answers: a request for a host name of the routine, sent to this address."
  value       = data.esa_routine_staging.this.ipv4_addresses[0]
}

output "release" {
  description = "Id of the pipeline run that built this release."
  value       = var.release
}

data "esa_routine_staging" "this" {}
