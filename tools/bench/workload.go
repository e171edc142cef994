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

// graph is what the configurations have in common: the releases of a platform kept as data, and one resource over them.
const graph = `locals {
  releases = jsondecode(file("${path.module}/releases.json"))
  deployments = merge([
    for name, environments in local.releases : {
      for env, split in environments : "${name}:${env}" => { name = name, env = env, split = split }
    }
  ]...)
}
`

var providerGraph = fmt.Sprintf(`terraform {
  required_providers {
    esa = {
      source = %q
    }
  }
}

%s
resource "esa_routine_code_deployment" "this" {
  for_each = local.deployments

  name          = each.value.name
  env           = each.value.env
  code_versions = each.value.split
}
`, sandbox.Source, graph)

// floorGraph costs what Terraform itself costs: its resource is built in, and starts no provider.
const floorGraph = graph + `
resource "terraform_data" "this" {
  for_each = local.deployments

  input = each.value
}
`

// write puts a configuration and the releases into a folder.
func (w workload) write(dir, configuration string, changed bool) error {
	text, err := json.MarshalIndent(w.releases(changed), "", "  ")
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "main.tf"), []byte(configuration), 0o600),
		os.WriteFile(filepath.Join(dir, "releases.json"), append(text, '\n'), 0o600),
	)
}
