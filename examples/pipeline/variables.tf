variable "region" {
  description = "Region of the account's ESA endpoint: cn-hangzhou, or ap-southeast-1 for international accounts."
  type        = string
  default     = "cn-hangzhou"
}

variable "routine" {
  description = "Name of the routine."
  type        = string
  default     = "hello"
}

variable "percentage" {
  description = "Share of production's requests that the new version serves. 0 publishes it, releases it to staging and leaves production as it is."
  type        = number

  validation {
    condition     = var.percentage >= 0 && var.percentage <= 100 && floor(var.percentage) == var.percentage
    error_message = "The percentage is a whole number from 0 to 100."
  }
}

variable "roll_back" {
  description = "Whether production goes back to the version that it served before this release."
  type        = bool
  default     = false
}

variable "release" {
  description = "Id of the pipeline run that built this release, for the job that goes back."
  type        = string
  default     = ""
}
