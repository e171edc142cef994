// Command sbom writes a CycloneDX bill of materials for a Go executable, or for the one inside a zip, from what the Go
// linker recorded in it. It has neither a time nor a random serial number: the same executable gives the same bytes.
//
//	go -C tools run ./sbom -o OUT.sbom.json PROVIDER.zip
package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

func main() {
	out := flag.String("o", "", "the file to write")
	flag.Parse()
	if flag.NArg() != 1 || *out == "" {
		fmt.Fprintln(os.Stderr, "usage: sbom -o OUT.sbom.json EXECUTABLE|ZIP")
		os.Exit(2)
	}
	if err := run(flag.Arg(0), *out); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func run(in, out string) error {
	name, data, err := executable(in)
	if err != nil {
		return err
	}
	info, err := buildinfo.Read(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var text bytes.Buffer
	encoder := cdx.NewBOMEncoder(&text, cdx.BOMFileFormatJSON).SetPretty(true)
	if err := encoder.Encode(bom(name, version(path.Base(in), info), data, info)); err != nil {
		return err
	}
	return os.WriteFile(out, text.Bytes(), 0o644)
}

// executable reads the named file or, where it is a zip, the executable of the provider or of the simulator in it.
func executable(in string) (string, []byte, error) {
	if !strings.HasSuffix(in, ".zip") {
		data, err := os.ReadFile(in)
		return path.Base(in), data, err
	}
	archive, err := zip.OpenReader(in)
	if err != nil {
		return "", nil, err
	}
	defer archive.Close()
	i := slices.IndexFunc(archive.File, func(f *zip.File) bool {
		return strings.HasPrefix(f.Name, "terraform-provider-") || strings.TrimSuffix(f.Name, ".exe") == "esasim"
	})
	if i < 0 {
		return "", nil, errors.New(in + " holds no executable of the provider or the simulator")
	}
	f, err := archive.File[i].Open()
	if err != nil {
		return "", nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	return archive.File[i].Name, data, err
}

func bom(name, version string, data []byte, info *debug.BuildInfo) *cdx.BOM {
	sum := sha256.Sum256(data)
	root := cdx.Component{
		BOMRef:  "executable",
		Type:    cdx.ComponentTypeApplication,
		Name:    info.Main.Path,
		Version: version,
		Hashes:  &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(sum[:])}},
		Properties: &[]cdx.Property{
			{Name: "file", Value: name},
			{Name: "goos", Value: setting(info, "GOOS")},
			{Name: "goarch", Value: setting(info, "GOARCH")},
		},
	}
	goVersion := strings.TrimPrefix(info.GoVersion, "go")
	components := []cdx.Component{library("std", goVersion, "")}
	for _, dep := range info.Deps {
		if dep.Replace != nil {
			dep = dep.Replace
		}
		components = append(components, library(dep.Path, dep.Version, dep.Sum))
	}
	refs := make([]string, 0, len(components))
	for i := range components {
		refs = append(refs, components[i].BOMRef)
	}
	b := cdx.NewBOM()
	b.Metadata = &cdx.Metadata{Component: &root}
	b.Components = &components
	b.Dependencies = &[]cdx.Dependency{{Ref: root.BOMRef, Dependencies: &refs}}
	return b
}

// library is one module. The h1 sum of go.sum is the base64 of a SHA-256 over the module's files.
func library(module, version, sum string) cdx.Component {
	purl := "pkg:golang/" + module + "@" + version
	c := cdx.Component{BOMRef: purl, Type: cdx.ComponentTypeLibrary, Name: module, Version: version, PackageURL: purl}
	if raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(sum, "h1:")); err == nil && len(raw) == sha256.Size {
		c.Hashes = &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(raw)}}
	}
	return c
}

var released = regexp.MustCompile(`_v?(\d+\.\d+\.\d+[^_]*)`)

// version is the release's, which goreleaser puts into the name of a zip (…_1.2.3_linux_amd64.zip) and of the provider's
// executable (…_v1.2.3), or else the module's.
func version(file string, info *debug.BuildInfo) string {
	if found := released.FindStringSubmatch(strings.TrimSuffix(file, ".exe")); found != nil {
		return found[1]
	}
	return info.Main.Version
}

func setting(info *debug.BuildInfo, key string) string {
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}
