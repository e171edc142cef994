terraform {
  required_providers {
    esa = {
      source = "edge-routines/esa"
    }
  }
}
