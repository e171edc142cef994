variable "region" {
  description = "Region of the account's ESA endpoint: cn-hangzhou, or ap-southeast-1 for international accounts."
  type        = string
  default     = "cn-hangzhou"
}

variable "splits" {
  description = "Code versions and their percentages, by routine and environment. They are in splits.auto.tfvars."
  type        = map(map(number))

  validation {
    condition     = alltrue([for key in keys(var.splits) : can(regex("^[^:]+:(staging|production)$", key))])
    error_message = "Each key is a routine and its environment, as in \"hello:production\"."
  }
}

variable "overwrite" {
  description = "Environments whose first release by this configuration may replace what is live, such as [\"hello:production\"]. Empty it after that release."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for key in var.overwrite : contains(keys(var.splits), key)])
    error_message = "Each element is one of the environments in splits, such as \"hello:production\"."
  }
}
