# A function with static files beside it. A change of the content publishes a new version; the last five are kept for a rollback.
resource "esa_routine_code_version" "next" {
  name               = "hello"
  description        = "checkout with the new basket"
  entry              = "${path.module}/dist/worker.js"
  assets_directory   = "${path.module}/dist/public"
  not_found_strategy = "SinglePageApplication"

  # The variables that the version carries, and how many versions of this resource are kept.
  deploy_env = "production"
  retain     = 5
}
