# The id is the number of the site and the number of the route.
terraform import esa_routine_route.shop 54362329990032:352816096987136
