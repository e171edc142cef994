package codeversion_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

const (
	routine = "hello"
	// released is a version that is there before the tests begin, and that production serves.
	released = "1723599747213377175"
	address  = "esa_routine_code_version.test"
)

func attribute(name string) tfjsonpath.Path {
	return tfjsonpath.New(name)
}

// simulate starts a simulator with a routine, one version, and production serving it.
func simulate(t *testing.T, options ...esasim.Option) *acceptance.Simulated {
	t.Helper()
	simulator := acceptance.Simulate(t, options...)
	simulator.AddRoutine(routine)
	simulator.AddCodeVersion(routine, released)
	simulator.Deploy(routine, esasim.Production, esasim.Share{CodeVersion: released, Percentage: 100})
	return simulator
}

// version is the resource under test, with more arguments.
func version(arguments ...string) string {
	return fmt.Sprintf("resource \"esa_routine_code_version\" \"test\" {\n  name = %q\n  %s\n}\n", routine, strings.Join(arguments, "\n  "))
}

// argument is one argument whose value is text.
func argument(name, value string) string {
	return fmt.Sprintf("%s = %q", name, value)
}

// site writes files below a new directory, and returns it. It belongs to the test.
func site(t testing.TB, files map[string]string) string {
	t.Helper()
	directory := t.TempDir()
	for name, content := range files {
		put(t, filepath.Join(directory, filepath.FromSlash(name)), content)
	}
	return directory
}

func put(t testing.TB, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func worker(t testing.TB, content string) string {
	t.Helper()
	return filepath.Join(site(t, map[string]string{"worker.js": content}), "worker.js")
}

// versions are the versions in the simulator, oldest first, the released one left out.
func versions(simulator *acceptance.Simulated) []esasim.SeedCodeVersion {
	for _, held := range simulator.State().Routines {
		if held.Name == routine {
			return slices.DeleteFunc(held.CodeVersions, func(version esasim.SeedCodeVersion) bool { return version.CodeVersion == released })
		}
	}
	return nil
}

// holds checks how many versions are in the simulator beside the released one, that none of them is unfinished, and
// that production serves what it served.
func holds(simulator *acceptance.Simulated, count int) func(*terraform.State) error {
	return func(*terraform.State) error {
		held := versions(simulator)
		if len(held) != count {
			return fmt.Errorf("the simulator holds %d versions beside the released one, want %d: %+v", len(held), count, held)
		}
		for _, version := range held {
			if version.Status != "available" {
				return fmt.Errorf("version %s is left in status %q", version.CodeVersion, version.Status)
			}
		}
		live, _ := simulator.Live(routine, esasim.Production)
		if len(live.Shares) != 1 || live.Shares[0].CodeVersion != released {
			return fmt.Errorf("production serves %+v, want %s", live.Shares, released)
		}
		return nil
	}
}

// unzip returns the files of a zip with their contents.
func unzip(t *testing.T, content []byte) map[string]string {
	t.Helper()
	reader, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatalf("reading the upload as a zip: %v", err)
	}
	files := map[string]string{}
	for _, entry := range reader.File {
		opened, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(opened)
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name] = string(text)
	}
	return files
}
