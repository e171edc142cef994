// Command mutation changes the code, one behaviour at a time, and tells which changes the tests of the package do not notice.
// It works on a clone of what is committed, and runs only the fast tests: without Terraform, and with -short.
//
//	go -C tools/mutation run .                       # every package
//	go -C tools/mutation run . ./internal/split      # one
//
// A change that no test notices is in survivors.txt with a reason, or fails the run.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
)

// packages are those whose behaviour a user relies on, apart from reading and describing.
var packages = []string{
	"./internal/split", "./internal/rollout", "./internal/routerule", "./internal/probe", "./internal/bundle", "./internal/esa",
	"./internal/provider/credential", "./internal/provider/run", "./internal/provider/deployment", "./internal/provider/routine",
	"./internal/provider/codeversion", "./internal/provider/variables", "./internal/provider/route", "./internal/provider/record",
}

// report is what gremlins writes.
type report struct {
	Files []struct {
		Name      string `json:"file_name"`
		Mutations []mutation
	}
}

type mutation struct {
	Type, Status string
	Line, Column int
}

// score counts the changes to a file or package by what became of them. What does not compile does not count, and neither does
// what no test runs, such as constants, which gremlins cannot tell from code. Those after which the tests did not end in time are
// among the killed.
type score struct{ killed, timedOut, lived, uncovered int }

func (s *score) add(other score) {
	s.killed, s.timedOut, s.lived, s.uncovered = s.killed+other.killed, s.timedOut+other.timedOut, s.lived+other.lived, s.uncovered+other.uncovered
}

func (s score) String() string {
	return fmt.Sprintf("%4d noticed (%d by the time) %4d not %4d not run  %5.1f%%", s.killed, s.timedOut, s.lived, s.uncovered, 100*float64(s.killed)/float64(max(1, s.killed+s.lived)))
}

func main() {
	root := flag.String("root", "../..", "the project's root")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *root, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "mutation:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, root string, chosen []string) error {
	if len(chosen) == 0 {
		chosen = packages
	}
	clone, err := os.MkdirTemp("", "mutation")
	if err != nil {
		return err
	}
	defer os.RemoveAll(clone)
	if err := command(ctx, root, nil, "git", "clone", "-q", ".", clone); err != nil {
		return err
	}
	known, err := survivors(filepath.Join(root, "tools", "mutation", "survivors.txt"))
	if err != nil {
		return err
	}
	var all score
	var unknown []string
	for _, name := range chosen {
		counted, lived, err := mutate(ctx, clone, name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		all.add(counted)
		for _, line := range lived {
			if !known[line] {
				unknown = append(unknown, line)
			}
		}
	}
	fmt.Printf("%-52s %s\n", "all", all)
	if len(unknown) > 0 {
		return fmt.Errorf("%d changes were not noticed and are not in survivors.txt:\n%s", len(unknown), strings.Join(unknown, "\n"))
	}
	return nil
}

// mutate changes a package, prints the scores, and returns the changes that were not noticed as lines of survivors.txt.
func mutate(ctx context.Context, clone, name string) (all score, lived []string, err error) {
	output := filepath.Join(clone, "report.json")
	environment := []string{"TF_ACC=", "GOFLAGS=" + strings.TrimSpace(os.Getenv("GOFLAGS")+" -short -failfast")}
	modfile := "-modfile=" + filepath.Join(clone, "tools", "mutation", "go.mod")
	if err := command(ctx, clone, environment, "go", "tool", modfile, "gremlins", "unleash", name, "--silent", "--output", output); err != nil {
		return all, nil, err
	}
	content, err := os.ReadFile(output)
	if err != nil {
		return all, nil, err
	}
	var found report
	if err := json.Unmarshal(content, &found); err != nil {
		return all, nil, err
	}
	for _, file := range found.Files {
		path := file.Name // from the package's folder, or from the root
		if folder := strings.TrimPrefix(name, "./") + "/"; !strings.HasPrefix(path, folder) {
			path = folder + path
		}
		lines, err := os.ReadFile(filepath.Join(clone, path))
		if err != nil {
			return all, nil, err
		}
		source := strings.Split(string(lines), "\n")
		var counted score
		for _, change := range file.Mutations {
			switch change.Status {
			case "TIMED OUT":
				counted.timedOut++
				counted.killed++
			case "KILLED":
				counted.killed++
			case "LIVED":
				counted.lived++
				lived = append(lived, strings.Join([]string{path, change.Type, strings.TrimSpace(source[change.Line-1])}, "\t"))
			case "NOT COVERED":
				counted.uncovered++
			}
		}
		fmt.Printf("  %-50s %s\n", path, counted)
		for _, line := range lived[len(lived)-counted.lived:] {
			fmt.Println("    " + line)
		}
		all.add(counted)
	}
	fmt.Printf("%-52s %s\n", name, all)
	slices.Sort(lived)
	return all, slices.Compact(lived), nil
}

// survivors reads the changes that no test needs to notice. A line is a file, a kind of change, the line of code and the reason,
// with tabs between them.
func survivors(path string) (map[string]bool, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	known := map[string]bool{}
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		line := scanner.Text()
		if at := strings.LastIndex(line, "\t"); at >= 0 && strings.TrimSpace(line[at:]) != "" {
			known[line[:at]] = true
		}
	}
	return known, nil
}

func command(ctx context.Context, dir string, environment []string, name string, arguments ...string) error {
	cmd := exec.CommandContext(ctx, name, arguments...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), environment...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	return cmd.Run()
}
