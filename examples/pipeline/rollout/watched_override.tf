# The steps in one apply, watched by the provider: copy this file beside main.tf, and run percentage = 0, then 100.
resource "esa_routine_code_deployment" "production" {
  rollout = {
    steps = [
      { percentage = 10, bake_time = "5m" },
      { percentage = 50, bake_time = "5m" },
    ]
    checks = [{ url = "https://www.example.com/healthz" }]
  }
}
