// Command demo walks through releases as a user of the provider sees it: Terraform's own output, with a line
// of explanation before each step. It needs neither an account nor a network: the service is the simulator of this
// project, on this machine. It fails where a step does not go as announced.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"terraform-provider-esa/tools/internal/engine"
	"terraform-provider-esa/tools/internal/sandbox"
)

func main() {
	root := flag.String("root", "..", "the project's root")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *root)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "\ndemo: interrupted; everything is cleaned up")
	case err != nil:
		fmt.Fprintln(os.Stderr, "\ndemo:", err)
	}
	stop()
	if err != nil {
		os.Exit(1)
	}
}

func run(ctx context.Context, root string) (err error) {
	if root, err = filepath.Abs(root); err != nil {
		return err
	}
	found, err := engine.New(filepath.Join(root, ".cache", "engines")).Find(ctx)
	if err != nil {
		return err
	}
	fmt.Println("Engine:   ", found)
	fmt.Println("Building the provider and the simulator of ESA …")
	box, err := sandbox.New(ctx, root, found)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := box.Close(); err == nil {
			err = closeErr
		}
	}()
	esa, err := startAccount(ctx, box)
	if err != nil {
		return err
	}
	defer esa.Stop()
	fmt.Println("Simulator:", esa.URL)

	t := &tour{box: box, esa: esa, out: os.Stdout}
	if err := t.walk(ctx); err != nil {
		return err
	}
	fmt.Println("\nThat was a canary release and two that watched themselves: every step went as announced, and nothing is left over.")
	return nil
}
