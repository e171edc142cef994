package main

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"terraform-provider-esa/tools/internal/engine"
	"terraform-provider-esa/tools/internal/sandbox"
	"terraform-provider-esa/tools/internal/simulator"
)

const codeVersion = "1723599747213377175"

// install installs the provider from a mirror that has nothing but its zip, as the README says, and releases with it against
// the simulator of the other zip.
func install(ctx context.Context, root, version, provider, simulatorZip string) (err error) {
	found, err := engine.New(filepath.Join(root, ".cache", "engines")).Find(ctx)
	if err != nil {
		return err
	}
	box, err := sandbox.NewFromZip(ctx, root, found, provider)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	esasim, err := unpack(simulatorZip, box.Path(""))
	if err != nil {
		return err
	}
	esa, err := simulator.Start(ctx, esasim, box.Path(""), simulator.Seed{Routines: []simulator.Routine{
		{Name: "hello", CodeVersions: []simulator.CodeVersion{{CodeVersion: codeVersion}}},
	}})
	if err != nil {
		return err
	}
	defer esa.Stop()
	box.Env = append(box.Env, esa.Env()...)

	if err := box.Write("main.tf", fmt.Sprintf(`terraform {
  required_providers {
    esa = {
      source  = %q
      version = %q
    }
  }
}

resource "esa_routine_code_deployment" "production" {
  name          = "hello"
  env           = "production"
  code_versions = [{ code_version = %q, percentage = 100 }]
}
`, sandbox.Source, version, codeVersion)); err != nil {
		return err
	}
	fmt.Println("Installing from the zips with", found)
	begin := time.Now()
	for _, args := range [][]string{{"init"}, {"apply", "-auto-approve"}, {"plan", "-detailed-exitcode"}} {
		text, err := box.Command(ctx, append(args, "-no-color")...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%s %s: %w\n%s", found.Product, strings.Join(args, " "), err, text)
		}
	}
	if err := checkServed(ctx, esa); err != nil {
		return err
	}
	if err := checkInstalled(box, version); err != nil {
		return err
	}
	fmt.Printf("init, apply and a plan without changes took %s\n", time.Since(begin).Round(100*time.Millisecond))
	return nil
}

// unpack puts the executable of the simulator's zip into a folder.
func unpack(archive, folder string) (string, error) {
	files, err := zip.OpenReader(archive)
	if err != nil {
		return "", err
	}
	defer files.Close()
	for _, f := range files.File {
		if strings.TrimSuffix(f.Name, ".exe") != simulated {
			continue
		}
		content, err := read(f)
		if err != nil {
			return "", err
		}
		path := filepath.Join(folder, f.Name)
		return path, os.WriteFile(path, content, 0o700)
	}
	return "", fmt.Errorf("%s has no %s", archive, simulated)
}

// checkServed asks the simulator itself what it serves.
func checkServed(ctx context.Context, esa *simulator.Simulator) error {
	var made []struct {
		Shares []struct {
			CodeVersion string `json:"code_version"`
			Percentage  int    `json:"percentage"`
		}
	}
	if err := esa.Admin(ctx, http.MethodGet, "deployments?routine=hello&env=production", nil, &made); err != nil {
		return err
	}
	if len(made) != 1 || len(made[0].Shares) != 1 || made[0].Shares[0].CodeVersion != codeVersion || made[0].Shares[0].Percentage != 100 {
		return fmt.Errorf("after the apply ESA has %+v, want one deployment of %s alone", made, codeVersion)
	}
	return nil
}

// checkInstalled looks for what init has installed and locked.
func checkInstalled(box *sandbox.Sandbox, version string) error {
	lock, err := os.ReadFile(filepath.Join(box.Work, ".terraform.lock.hcl"))
	if err != nil {
		return err
	}
	if want := fmt.Sprintf("version     = %q", version); !strings.Contains(string(lock), want) {
		return fmt.Errorf("the lock file has no %s:\n%s", want, lock)
	}
	matches, err := filepath.Glob(filepath.Join(box.Work, ".terraform", "providers", filepath.FromSlash(sandbox.Source), version, "*", project+"_v"+version+"*"))
	if err != nil {
		return err
	}
	if len(matches) != 1 {
		return fmt.Errorf("init has installed %v, want %s_v%s", matches, project, version)
	}
	return nil
}
