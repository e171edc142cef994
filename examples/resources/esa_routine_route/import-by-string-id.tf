import {
  to = esa_routine_route.shop
  id = "54362329990032:352816096987136"
}
