// Command engine prints the path of a Terraform-compatible executable, found on this machine or fetched into the
// project's cache, or runs a command with the environment that acceptance tests on it need:
//
//	go -C tools run ./engine                                     # print the path
//	go -C tools run ./engine -engine tofu@1.12.6                 # one particular engine
//	go -C tools run ./engine -- go test ./...                    # run a command in the root with it
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"

	"terraform-provider-esa/tools/internal/engine"
)

func main() {
	root := flag.String("root", "..", "the project's root, where the command runs and whose .cache/engines keeps what is fetched")
	spec := flag.String("engine", "", "terraform@1.8.5, tofu@1.12.6 (built from their Go modules) or the path of an executable")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "usage: engine [-root DIR] [-engine SPEC] [-- COMMAND [ARG...]]\n")
		flag.PrintDefaults()
	}
	flag.Parse()

	code, err := run(*root, *spec, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "engine:", err)
	}
	os.Exit(code)
}

func run(root, spec string, command []string) (int, error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	root, err := filepath.Abs(root)
	if err != nil {
		return 1, err
	}
	cache := filepath.Join(root, ".cache", "engines")
	finder := engine.New(cache)
	var e engine.Engine
	if spec != "" {
		e, err = finder.Get(ctx, spec)
	} else {
		e, err = finder.Find(ctx)
	}
	if err != nil {
		return 1, err
	}
	if len(command) == 0 {
		fmt.Println(e.Path)
		return 0, nil
	}

	env, err := e.Env(os.Environ(), cache)
	if err != nil {
		return 1, err
	}
	fmt.Fprintln(os.Stderr, "engine: using", e)
	cmd := exec.Command(command[0], command[1:]...) // an interrupt reaches the whole process group anyway
	cmd.Dir, cmd.Env = root, env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return max(exit.ExitCode(), 1), nil
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}
