# Every routine of the account.
list "esa_routine" "live" {
  provider         = esa
  include_resource = true
  limit            = 1000
}

# What every environment serves.
list "esa_routine_code_deployment" "live" {
  provider         = esa
  include_resource = true
  limit            = 1000
}
