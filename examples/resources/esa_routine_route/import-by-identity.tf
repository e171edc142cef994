import {
  to = esa_routine_route.shop
  identity = {
    site_id   = "54362329990032"
    config_id = "352816096987136"
  }
}
