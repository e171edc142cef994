provider "esa" {
  region = "ap-southeast-1"

  assume_role_with_oidc = {
    role_arn          = "acs:ram::1234567890123456:role/edge-release"
    oidc_provider_arn = "acs:ram::1234567890123456:oidc-provider/github"
    oidc_token_file   = "/tmp/oidc-token"
    session_name      = "edge-release-pipeline"
  }
}
