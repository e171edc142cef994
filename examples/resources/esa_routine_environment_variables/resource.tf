variable "token" {
  description = "Token of the shop's API."
  type        = string
  ephemeral   = true # neither the plan nor the state holds it
}

resource "esa_routine_environment_variables" "production" {
  name = "hello"
  env  = "production"

  variables = {
    LOG_LEVEL = "info"
    SHOP_API  = "https://api.example.com"
  }

  secrets_wo         = { SHOP_TOKEN = var.token }
  secrets_wo_version = 1 # increase it to send the secrets again
}

# A changed variable publishes a new version, which carries the variables to the traffic.
resource "esa_routine_code_version" "hello" {
  name       = "hello"
  entry      = "${path.module}/dist/index.js"
  deploy_env = esa_routine_environment_variables.production.env
  retain     = 5

  lifecycle {
    replace_triggered_by = [esa_routine_environment_variables.production.revision]
  }
}
