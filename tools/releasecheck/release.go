package main

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

const (
	project   = "terraform-provider-esa"
	simulated = "esasim"
)

// release is what goreleaser has put into a folder.
type release struct {
	folder, version string
	sums            map[string]string // SHA-256 by the name of the file
}

// open reads the checksums of a release.
func open(folder string) (release, error) {
	files, err := filepath.Glob(filepath.Join(folder, project+"_*_SHA256SUMS"))
	if err != nil {
		return release{}, err
	}
	if len(files) != 1 {
		return release{}, fmt.Errorf("%s has %d files of checksums, want one", folder, len(files))
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		return release{}, err
	}
	r := release{folder: folder, sums: map[string]string{}}
	r.version = strings.TrimSuffix(strings.TrimPrefix(filepath.Base(files[0]), project+"_"), "_SHA256SUMS")
	for line := range strings.Lines(string(text)) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !ok {
			return release{}, fmt.Errorf("%s: %q is not a line of sha256sum", filepath.Base(files[0]), line)
		}
		r.sums[name] = sum
	}
	return r, nil
}

// names are those of the files, sorted.
func (r release) names() []string {
	var names []string
	for name := range r.sums {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// differs tells which files of two releases are not the same.
func (r release) differs(other release) string {
	var lines []string
	for _, name := range slices.Compact(slices.Sorted(slices.Values(append(r.names(), other.names()...)))) {
		if r.sums[name] != other.sums[name] {
			lines = append(lines, fmt.Sprintf("  %s: %q and %q", name, r.sums[name], other.sums[name]))
		}
	}
	return strings.Join(lines, "\n")
}

// archive is the path of the zip of the provider or of the simulator for a platform.
func (r release) archive(product, goos, goarch string) (string, error) {
	name := fmt.Sprintf("%s_%s_%s_%s.zip", product, r.version, goos, goarch)
	if _, ok := r.sums[name]; !ok {
		return "", fmt.Errorf("the release has no %s", name)
	}
	return filepath.Join(r.folder, name), nil
}

// check holds the files against the checksums and against what the registry and the users of a release expect, and
// lists them.
func (r release) check(manifest string, w io.Writer) error {
	var problems []error
	archives := 0
	for _, name := range r.names() {
		path := filepath.Join(r.folder, name)
		if name == fmt.Sprintf("%s_%s_manifest.json", project, r.version) {
			path = manifest // goreleaser takes it from there when it publishes
		}
		content, err := os.ReadFile(path)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		if sum := sum(content); sum != r.sums[name] {
			problems = append(problems, fmt.Errorf("%s has the checksum %s, and the file of checksums says %s", name, sum, r.sums[name]))
		}
		fmt.Fprintf(w, "  %s  %10d  %s\n", r.sums[name], len(content), name)
		if strings.HasSuffix(name, ".zip") {
			archives++
			if err := r.checkArchive(name); err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", name, err))
			}
		}
	}
	if archives == 0 {
		problems = append(problems, errors.New("the release has no zip"))
	}
	if _, ok := r.sums[fmt.Sprintf("%s_%s_manifest.json", project, r.version)]; !ok {
		problems = append(problems, errors.New("the checksums lack the manifest of the registry"))
	}
	return errors.Join(problems...)
}

// checkArchive looks into a zip and into its bill of materials.
func (r release) checkArchive(name string) error {
	archive, err := zip.OpenReader(filepath.Join(r.folder, name))
	if err != nil {
		return err
	}
	defer archive.Close()
	executable, module := project+"_v"+r.version, "github.com/hashicorp/terraform-plugin-framework"
	if strings.HasPrefix(name, simulated+"_") {
		executable, module = simulated, "std"
	}
	if strings.Contains(name, "_windows_") {
		executable += ".exe"
	}
	var found []string
	var content []byte
	for _, f := range archive.File {
		found = append(found, f.Name)
		if f.Name != executable {
			continue
		}
		if f.Mode().Perm()&0o111 == 0 {
			return fmt.Errorf("%s is not executable: %s", f.Name, f.Mode())
		}
		if content, err = read(f); err != nil {
			return err
		}
	}
	slices.Sort(found)
	if want := []string{"CHANGELOG.md", "LICENSE", executable}; !slices.Equal(found, want) {
		return fmt.Errorf("it holds %s, want %s", strings.Join(found, ", "), strings.Join(want, ", "))
	}
	return r.checkBill(name+".sbom.json", sum(content), module)
}

// checkBill holds a bill of materials against the executable that it is for, which needs some module.
func (r release) checkBill(name, executable, module string) error {
	if _, ok := r.sums[name]; !ok {
		return fmt.Errorf("the checksums lack its bill of materials %s", name)
	}
	text, err := os.ReadFile(filepath.Join(r.folder, name))
	if err != nil {
		return err
	}
	var bill cdx.BOM
	if err := json.Unmarshal(text, &bill); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if bill.Metadata == nil || bill.Metadata.Component == nil || bill.Metadata.Component.Hashes == nil || bill.Components == nil {
		return fmt.Errorf("%s describes nothing", name)
	}
	described := bill.Metadata.Component
	if described.Version != r.version {
		return fmt.Errorf("%s describes version %s", name, described.Version)
	}
	if hashes := *described.Hashes; len(hashes) != 1 || hashes[0].Value != executable {
		return fmt.Errorf("%s describes another executable", name)
	}
	if !slices.ContainsFunc(*bill.Components, func(c cdx.Component) bool {
		return strings.HasPrefix(c.PackageURL, "pkg:golang/"+module+"@")
	}) {
		return fmt.Errorf("%s does not name %s", name, module)
	}
	return nil
}

func read(f *zip.File) ([]byte, error) {
	opened, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	return io.ReadAll(opened)
}

func sum(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
