variable "candidate" {
  description = "Code version that the pipeline has built."
  type        = string
}

variable "percentage" {
  description = "Share of the requests that the candidate serves: 10, 50, then 100."
  type        = number
  default     = 10
}

# What production serves now. The name is text and there is no depends_on, so that a plan can read it.
data "esa_routine_code_deployment" "production" {
  name = "hello"
  env  = "production"
}

resource "esa_routine_code_deployment" "production" {
  name = "hello"
  env  = "production"

  # The version that is live now keeps what the candidate does not get.
  code_versions = provider::esa::shift(
    data.esa_routine_code_deployment.production.code_versions,
    var.candidate,
    var.percentage,
  )
}
