// Command meter stands in for the provider's executable while the benchmark runs: it runs the real one and notes what
// that used. It is a small program of its own, because the peak memory of a process starts from that of the process that
// started it.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"terraform-provider-esa/tools/bench/internal/usage"
)

func main() {
	code, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "meter:", err)
	}
	os.Exit(code)
}

func run() (int, error) {
	cmd := exec.Command(os.Getenv(usage.ProgramVariable), os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if err := cmd.Start(); err != nil {
		return 1, err
	}
	go func() {
		for s := range signals {
			if s == syscall.SIGTERM {
				_ = cmd.Process.Signal(s) // fails where it has ended
			}
		}
	}()
	err := cmd.Wait()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		return 1, err
	}
	code := cmd.ProcessState.ExitCode()
	if code < 0 { // a signal ended it
		code = 1
	}
	return code, usage.Append(os.Getenv(usage.FileVariable), usage.Of(cmd.ProcessState))
}
