# What a release may do in one plan. It reads `terraform show -json` of a saved plan:
#
#   terraform plan -out=plan && terraform show -json plan > plan.json
#   conftest test --policy rego --data limits.json plan.json
#
# limits.json may set release.max_gain, release.max_first_share and release.labels (the labels of the pull request).
package main

import rego.v1

# How many percent of an environment's traffic one version may gain in one plan.
default max_gain := 50

max_gain := data.release.max_gain

# How many percent a version may take at most in the plan in which it first appears in production.
default max_first_share := 10

max_first_share := data.release.max_first_share

default labels := []

labels := data.release.labels

unknown_version := "(known after apply)"

deployments contains change if {
	some change in input.resource_changes
	change.mode == "managed"
	change.type == "esa_routine_code_deployment"
}

# The deployments that this plan makes: their values afterwards are what the environment is to serve.
releases contains change if {
	some change in deployments
	some action in change.change.actions
	action in {"create", "update"}
}

id(change) := sprintf("%s:%s", [change.change.after.name, change.change.after.env])

# What an environment serves, by version: the attribute traffic, or the list where a version is not known yet.
shares(values) := values.traffic if {
	is_object(object.get(values, "traffic", null))
} else := {version: entry.percentage |
	some entry in values.code_versions
	version := object.get(entry, "code_version", unknown_version)
} if {
	is_array(object.get(values, "code_versions", null))
} else := {}

before(change) := shares(change.change.before) if {
	is_object(change.change.before)
} else := {}

after(change) := shares(change.change.after)

gain(change, version) := after(change)[version] - object.get(before(change), version, 0)

# Nothing was served before: a first release has no way to go in steps.
is_first_release(change) if {
	count(before(change)) == 0
	not object.get(change.change.after, "allow_overwrite", null) == true
}

# A larger number is a newer version; the numbers are text, because tools that read JSON numbers as floats would round them.
is_older(a, b) if count(a) < count(b)

is_older(a, b) if {
	count(a) == count(b)
	a < b
}

# A way back may be immediate: the version is older than each one that loses traffic to it.
is_way_back(change, version) if {
	version != unknown_version
	losing := {other | some other, share in before(change); share > object.get(after(change), other, 0)}
	count(losing) > 0
	every other in losing { is_older(version, other) }
}

is_limited(change, version) if {
	change.change.after.env == "production"
	not is_first_release(change)
	not is_way_back(change, version)
}

deny contains message if {
	some change in releases
	not change.change.after.name
	message := sprintf("%s: the name of the routine is known only after apply, so this policy cannot check the release. Apply what the name depends on first.", [change.address])
}

deny contains message if {
	some change in releases
	count(after(change)) == 0
	message := sprintf("%s: code_versions is known only after apply, so this policy cannot check the release. Write the list with the functions canary or shift.", [change.address])
}

deny contains message if {
	some change in releases
	some version, share in after(change)
	is_limited(change, version)
	object.get(before(change), version, 0) > 0
	gain(change, version) > max_gain
	message := sprintf("%s: version %s would go from %d%% to %d%% of the traffic in one plan. A version may gain %d%% at most; release it in smaller steps.", [id(change), version, before(change)[version], share, max_gain])
}

deny contains message if {
	some change in releases
	some version, share in after(change)
	is_limited(change, version)
	object.get(before(change), version, 0) == 0
	share > max_first_share
	message := sprintf("%s: version %s serves nothing yet and would serve %d%% of the traffic at once. A version may start with %d%% at most; release it as a canary first.", [id(change), version, share, max_first_share])
}

# What staging serves alone when this plan is applied: the plan's own release of it, or what the state has.
staging(name) := shares(values) if {
	some change in deployments
	change.change.after.name == name
	change.change.after.env == "staging"
	values := change.change.after
} else := {}

hashes[version] := hash if {
	some change in input.resource_changes
	change.type == "esa_routine_code_version"
	some values in [change.change.before, change.change.after]
	version := values.code_version
	hash := values.content_hash
}

is_tested(change, version) if {
	staging(change.change.after.name)[version] == 100
}

# The versions differ by deploy_env, and their content is the same.
is_tested(change, version) if {
	some tested, share in staging(change.change.after.name)
	share == 100
	hashes[tested] == hashes[version]
}

deny contains message if {
	some change in releases
	change.change.after.env == "production"
	some version, _ in after(change)
	gain(change, version) > 0
	not is_way_back(change, version)
	not is_tested(change, version)
	message := sprintf("%s: version %s would gain traffic, and staging does not serve it at 100%%. Release it to staging first.", [id(change), version])
}

deny contains message if {
	some change in input.resource_changes
	change.type == "esa_routine_code_version"
	"delete" in change.change.actions
	some deployment in deployments
	some values in [deployment.change.before, deployment.change.after]
	values.name == change.change.before.name
	shares(values)[change.change.before.code_version] > 0
	is_kept(deployment, change.change.before.code_version)
	message := sprintf("%s: version %s would be deleted, and %s:%s serves it.", [change.address, change.change.before.code_version, values.name, values.env])
}

# A deployment keeps serving a version where this plan leaves it in the split, or only removes the deployment from the state.
is_kept(deployment, version) if {
	after(deployment)[version] > 0
}

is_kept(deployment, _) if {
	deployment.change.actions == ["delete"]
}

deny contains message if {
	some change in releases
	object.get(change.change.after, "allow_overwrite", null) == true
	"create" in change.change.actions
	not "allow-overwrite" in labels
	message := sprintf("%s: allow_overwrite lets this release replace what someone else deployed. Add the label allow-overwrite to the pull request if that is wanted.", [change.address])
}
