# What each environment serves: code versions and their percentages, which sum to 100. A release is a change of this file.
splits = {
  "hello:production" = {
    "1723599747213377175" = 90
    "1724031912836413459" = 10
  }
  "hello:staging" = {
    "1724031912836413459" = 100
  }
}
