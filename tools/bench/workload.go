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
	// firstVersion is the stable version of the first routine.
	firstVersion = 1723599747213377175
	// canaryPercentage is what a changed deployment gives its candidate.
	canaryPercentage = 10
)

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
		all[routineName(i)] = map[string][]share{"staging": stable, "production": stable}
		if changed && i%5 == 0 {
			all[routineName(i)]["production"] = []share{
				{CodeVersion: stableVersion(i), Percentage: 100 - canaryPercentage},
				{CodeVersion: candidateVersion(i), Percentage: canaryPercentage},
			}
		}
	}
	return all
}

// The configuration has a module for each routine: one resource over all deployments would have Terraform evaluate its whole
// for_each again for each of them. The releases are kept as data, which pipelines edit.
const (
	root = `
module "routine" {
  source   = "./modules/routine"
  for_each = jsondecode(file("${path.module}/releases.json"))

  name     = each.key
  releases = each.value
}
`
	module = `
variable "name" {
  type = string
}

variable "releases" {
  type = map(list(object({ code_version = string, percentage = number })))
}

resource %q "this" {
  for_each = var.releases

%s}
`
)

var required = fmt.Sprintf("terraform {\n  required_providers {\n    esa = {\n      source = %q\n    }\n  }\n}\n", sandbox.Source)

// write puts the configuration and the releases into a folder: as the provider makes them, or as the floor, the same graph of a
// resource that is built into Terraform and starts no provider.
func (w workload) write(dir string, floor, changed bool) error {
	text, err := json.MarshalIndent(w.releases(changed), "", "  ")
	if err != nil {
		return err
	}
	files := map[string]string{
		"releases.json": string(text) + "\n", "main.tf": required + root,
		"modules/routine/main.tf": required + fmt.Sprintf(module, "esa_routine_code_deployment", "  name          = var.name\n  env           = each.key\n  code_versions = each.value\n"),
	}
	if floor {
		files["main.tf"] = root
		files["modules/routine/main.tf"] = fmt.Sprintf(module, "terraform_data", "  input = { name = var.name, env = each.key, split = each.value }\n")
	}
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o600)); err != nil {
			return err
		}
	}
	return nil
}
