provider "esa" {
  profile = "hub"

  assume_role = {
    role_arn           = "acs:ram::6543210987654321:role/edge-release"
    session_expiration = 1800
    external_id        = "hub-7"
  }
}
