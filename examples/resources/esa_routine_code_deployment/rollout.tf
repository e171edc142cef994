# A release that watches itself: 5% for three minutes, 50% for five, then everything, with a health check throughout.
resource "esa_routine_code_deployment" "production" {
  name = "hello"
  env  = "production"

  code_versions = [
    { code_version = "1724031912836413459", percentage = 100 },
  ]

  rollout = {
    steps = [
      { percentage = 5, bake_time = "3m" },
      { percentage = 50, bake_time = "5m" },
    ]
    bake_time  = "5m"
    on_failure = "roll_back"

    checks = [
      { url = "https://www.example.com/healthz", expect_body = "ok", interval = "2s" },
    ]
  }

  timeouts = {
    create = "10m"
    update = "20m"
  }
}
