# The state, kept by GitLab; .gitlab-ci.yml says where and uses the token of the job.
terraform {
  backend "http" {}
}
