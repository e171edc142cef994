# Run once by an administrator of the account: the OIDC provider and the two roles that the pipeline assumes.
terraform {
  required_providers {
    alicloud = {
      source  = "aliyun/alicloud"
      version = ">= 1.252.0"
    }
  }
}

variable "issuer" {
  description = "Who signs the tokens: https://token.actions.githubusercontent.com for GitHub, https://gitlab.com or your own GitLab."
  type        = string
}

variable "plan_subjects" {
  description = "Subjects of the tokens of jobs that plan; * stands for any text."
  type        = list(string)
}

variable "apply_subjects" {
  description = "Subjects of the tokens of the job that applies."
  type        = list(string)
}

variable "state_bucket" {
  description = "Bucket of OSS that holds the state; null if the state is elsewhere."
  type        = string
  default     = null
}

variable "state_instance" {
  description = "Instance of Tablestore that locks the state; null if the state is elsewhere."
  type        = string
  default     = null
}

locals {
  audience = "sts.aliyuncs.com"

  esa_plan  = ["esa:GetRoutine", "esa:GetRoutineCodeVersionInfo", "esa:ListRoutineCodeVersions"]
  esa_apply = concat(local.esa_plan, ["esa:CreateRoutineCodeDeployment"])

  bucket   = var.state_bucket == null ? [] : ["acs:oss:*:*:${var.state_bucket}", "acs:oss:*:*:${var.state_bucket}/*"]
  instance = var.state_instance == null ? [] : ["acs:ots:*:*:instance/${var.state_instance}", "acs:ots:*:*:instance/${var.state_instance}/table/*"]

  roles = {
    esa-plan = {
      operator   = "StringLike"
      subjects   = var.plan_subjects
      statements = [[local.esa_plan, ["*"]], [["oss:GetObject", "oss:ListObjects"], local.bucket], [["ots:GetRow", "ots:DescribeTable"], local.instance]]
    }
    esa-apply = {
      operator   = "StringEquals"
      subjects   = var.apply_subjects
      statements = [[local.esa_apply, ["*"]], [["oss:GetObject", "oss:ListObjects", "oss:PutObject"], local.bucket], [["ots:GetRow", "ots:DescribeTable", "ots:PutRow", "ots:DeleteRow"], local.instance]]
    }
  }
}

resource "alicloud_ims_oidc_provider" "pipeline" {
  oidc_provider_name = "pipeline"
  issuer_url         = var.issuer
  client_ids         = [local.audience]
}

resource "alicloud_ram_role" "this" {
  for_each  = local.roles
  role_name = each.key

  assume_role_policy_document = jsonencode({
    Version = "1"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Federated = [alicloud_ims_oidc_provider.pipeline.arn] }
      Condition = merge(
        { StringEquals = merge({ "oidc:iss" = var.issuer, "oidc:aud" = local.audience }, each.value.operator == "StringEquals" ? { "oidc:sub" = each.value.subjects } : {}) },
        each.value.operator == "StringLike" ? { StringLike = { "oidc:sub" = each.value.subjects } } : {},
      )
    }]
  })
}

resource "alicloud_ram_policy" "this" {
  for_each    = local.roles
  policy_name = each.key

  policy_document = jsonencode({
    Version   = "1"
    Statement = [for statement in each.value.statements : { Effect = "Allow", Action = statement[0], Resource = statement[1] } if length(statement[1]) > 0]
  })
}

resource "alicloud_ram_role_policy_attachment" "this" {
  for_each    = local.roles
  role_name   = alicloud_ram_role.this[each.key].role_name
  policy_name = alicloud_ram_policy.this[each.key].policy_name
  policy_type = "Custom"
}

output "oidc_provider_arn" {
  value = alicloud_ims_oidc_provider.pipeline.arn
}

output "role_arns" {
  value = { for name, role in alicloud_ram_role.this : name => role.arn }
}
