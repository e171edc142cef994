# A function with static files beside it. Other content makes a new version; the old one is deleted once nothing serves it.
resource "esa_routine_code_version" "next" {
  name               = "hello"
  description        = "checkout with the new basket"
  entry              = "${path.module}/dist/worker.js"
  assets_directory   = "${path.module}/dist/public"
  not_found_strategy = "SinglePageApplication"

  lifecycle {
    create_before_destroy = true
  }
}
