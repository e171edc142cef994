variable "canary_percentage" {
  description = "Share of the requests that the candidate serves: 0 before the rollout, 100 at its end."
  type        = number
  default     = 0
}

resource "esa_routine_code_deployment" "production" {
  name = "hello"
  env  = "production"

  # At 0 only the stable version, at 100 the candidate alone, in between both.
  code_versions = provider::esa::canary("1723599747213377175", "1724031912836413459", var.canary_percentage)
}
