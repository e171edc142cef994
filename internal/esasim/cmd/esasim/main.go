// The command esasim serves a simulator of Alibaba Cloud ESA's routine API on
// this machine, for trying things out without an account.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"terraform-provider-esa/internal/esasim"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	var usage usageError
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
	case errors.As(err, &usage):
		fmt.Fprintf(os.Stderr, "esasim: %v\nTry: esasim -help\n", err)
		os.Exit(2)
	default:
		fmt.Fprintf(os.Stderr, "esasim: %v\n", err)
		os.Exit(1)
	}
}

// run serves until the context ends.
func run(ctx context.Context, arguments []string, stdout, stderr io.Writer) error {
	s, err := parseSettings(arguments, stderr)
	if err != nil {
		return err
	}
	options, err := s.options(stderr)
	if err != nil {
		return err
	}
	simulator := esasim.New(options...)
	server, err := simulator.Listen(s.listen, s.tls)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	defer server.Close()
	if s.staging != "" {
		staging, err := simulator.ListenStaging(s.staging, s.tls)
		if err != nil {
			return fmt.Errorf("-staging: %w", err)
		}
		defer staging.Close()
	}

	authority := ""
	if s.tls {
		if authority, err = filepath.Abs(s.authority); err != nil {
			return fmt.Errorf("-ca: %w", err)
		}
		if err := writeFile(authority, server.CertificateAuthorityPEM); err != nil {
			return fmt.Errorf("-ca: %w", err)
		}
	}
	if s.addressFile != "" {
		if err := writeFile(s.addressFile, []byte(server.URL+"\n")); err != nil {
			return fmt.Errorf("-address-file: %w", err)
		}
		defer os.Remove(s.addressFile)
	}
	greet(stdout, server.URL, authority)
	<-ctx.Done()
	fmt.Fprintln(stdout, "# esasim has stopped.")
	return nil
}

// greet prints where the simulator is and how to point a client at it. All of
// it can be pasted into a shell.
func greet(stdout io.Writer, url, authority string) {
	fmt.Fprintf(stdout, "# esasim listens on %s (Ctrl-C ends it). To use it, in another shell:\n", url)
	fmt.Fprintf(stdout, "export ESA_ENDPOINT=%s\n", url)
	fmt.Fprintf(stdout, "export ALIBABA_CLOUD_ACCESS_KEY_ID=%s\n", esasim.AccessKeyID)
	fmt.Fprintf(stdout, "export ALIBABA_CLOUD_ACCESS_KEY_SECRET=%s\n", esasim.AccessKeySecret)
	if authority != "" {
		fmt.Fprintf(stdout, "export SSL_CERT_FILE='%s'\n", authority)
	}
	fmt.Fprintf(stdout, "# Faults, content and the log of calls: %s%sstate, %sfaults, %scalls\n", url, esasim.AdminPath, esasim.AdminPath, esasim.AdminPath)
}
