// Command meter stands in for the provider's executable while the benchmark runs: it runs the real one and appends what that
// used, as a line of JSON, to a file. It is a small program of its own, because the peak memory of a process starts from that of
// the process that started it.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"terraform-provider-esa/tools/internal/process"
)

func main() {
	code, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "meter:", err)
	}
	os.Exit(code)
}

func run() (int, error) {
	cmd := exec.Command(os.Getenv("ESA_BENCH_PROGRAM"), os.Args[1:]...)
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
	state := cmd.ProcessState
	line, err := json.Marshal(map[string]int64{"cpu_ns": int64(state.UserTime() + state.SystemTime()), "peak_bytes": process.PeakMemory(state)})
	if err != nil {
		return 1, err
	}
	file, err := os.OpenFile(os.Getenv("ESA_BENCH_USAGE"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return 1, err
	}
	_, err = file.Write(append(line, '\n')) // several processes may do so at once
	return max(state.ExitCode(), 0), errors.Join(err, file.Close())
}
