package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"terraform-provider-esa/tools/internal/sandbox"
	"terraform-provider-esa/tools/internal/simulator"
)

// workload is a number of deployments over half as many routines, each in staging and production.
type workload struct {
	deployments int
}

const (
	staging    = "staging"
	production = "production"

	// firstVersion is the stable version of the first routine.
	firstVersion = 1723599747213377175
	// canaryPercentage is what a changed deployment gives its candidate.
	canaryPercentage = 10
)

func newWorkload(deployments int) (workload, error) {
	if deployments <= 0 || deployments%10 != 0 {
		return workload{}, fmt.Errorf("%d deployments: want a multiple of 10, half of which share a routine with the other half and a tenth of which changes", deployments)
	}
	return workload{deployments}, nil
}

func (w workload) routines() int { return w.deployments / 2 }

// changed is how many deployments the change is about: production of every fifth routine.
func (w workload) changed() int { return w.deployments / 10 }

func routineName(i int) string { return fmt.Sprintf("bench-%04d", i) }

func stableVersion(i int) string    { return strconv.Itoa(firstVersion + 2*i) }
func candidateVersion(i int) string { return strconv.Itoa(firstVersion + 2*i + 1) }

// seed is an account with the routines and two code versions of each, none of which is deployed.
func (w workload) seed() simulator.Seed {
	seed := simulator.Seed{}
	for i := range w.routines() {
		seed.Routines = append(seed.Routines, simulator.Routine{
			Name:         routineName(i),
			CodeVersions: []simulator.CodeVersion{{CodeVersion: stableVersion(i)}, {CodeVersion: candidateVersion(i)}},
		})
	}
	return seed
}

// share is one code version's part of a split, as the resource's argument writes it.
type share struct {
	CodeVersion string `json:"code_version"`
	Percentage  int    `json:"percentage"`
}

// releases says what each environment of each routine is to serve: its stable version, and with the change a canary in
// production of every fifth routine.
func (w workload) releases(changed bool) map[string]map[string][]share {
	all := map[string]map[string][]share{}
	for i := range w.routines() {
		stable := []share{{CodeVersion: stableVersion(i), Percentage: 100}}
		all[routineName(i)] = map[string][]share{staging: stable, production: stable}
		if changed && i%5 == 0 {
			all[routineName(i)][production] = []share{
				{CodeVersion: stableVersion(i), Percentage: 100 - canaryPercentage},
				{CodeVersion: candidateVersion(i), Percentage: canaryPercentage},
			}
		}
	}
	return all
}

// Layouts of a configuration.
const (
	// layoutModules is a module for each routine, with a resource over its two environments.
	layoutModules = "modules"
	// layoutForEach is one resource over all deployments. Terraform evaluates its whole for_each again for each of them,
	// which from some hundreds on costs more than everything else.
	layoutForEach = "for_each"
)

// configuration is the text of main.tf, and of modules/routine/main.tf where the layout has modules.
type configuration struct {
	root, module string
}

// The releases of a platform are kept as data, which pipelines edit.
const releasesData = `locals {
  releases = jsondecode(file("${path.module}/releases.json"))
}
`

const moduleForEachRoutine = releasesData + `
module "routine" {
  source   = "./modules/routine"
  for_each = local.releases

  name     = each.key
  releases = each.value
}
`

const moduleVariables = `variable "name" {
  type = string
}

variable "releases" {
  type = map(list(object({ code_version = string, percentage = number })))
}
`

const allDeployments = releasesData + `
locals {
  deployments = merge([
    for name, environments in local.releases : {
      for env, split in environments : "${name}:${env}" => { name = name, env = env, split = split }
    }
  ]...)
}
`

var requiredProvider = fmt.Sprintf(`terraform {
  required_providers {
    esa = {
      source = %q
    }
  }
}

`, sandbox.Source)

// resource is a resource of the given type with its arguments, over a map.
func resource(kind, over, arguments string) string {
	return fmt.Sprintf("\nresource %q \"this\" {\n  for_each = %s\n\n%s}\n", kind, over, arguments)
}

// providerConfigurations are the deployments as the provider makes them, floorConfigurations the same graph of a resource
// that is built into Terraform and starts no provider.
var (
	providerConfigurations = map[string]configuration{
		layoutModules: {
			root: requiredProvider + moduleForEachRoutine,
			module: requiredProvider + moduleVariables + resource("esa_routine_code_deployment", "var.releases",
				"  name          = var.name\n  env           = each.key\n  code_versions = each.value\n"),
		},
		layoutForEach: {
			root: requiredProvider + allDeployments + resource("esa_routine_code_deployment", "local.deployments",
				"  name          = each.value.name\n  env           = each.value.env\n  code_versions = each.value.split\n"),
		},
	}
	floorConfigurations = map[string]configuration{
		layoutModules: {
			root: moduleForEachRoutine,
			module: moduleVariables + resource("terraform_data", "var.releases",
				"  input = { name = var.name, env = each.key, split = each.value }\n"),
		},
		layoutForEach: {
			root: allDeployments + resource("terraform_data", "local.deployments", "  input = each.value\n"),
		},
	}
)

// write puts a configuration and the releases into a folder.
func (w workload) write(dir string, c configuration, changed bool) error {
	text, err := json.MarshalIndent(w.releases(changed), "", "  ")
	if err != nil {
		return err
	}
	files := map[string]string{"main.tf": c.root, "releases.json": string(text) + "\n"}
	if c.module != "" {
		files["modules/routine/main.tf"] = c.module
	}
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o600)); err != nil {
			return err
		}
	}
	return nil
}
