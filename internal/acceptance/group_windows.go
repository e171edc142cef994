package acceptance

import (
	"errors"
	"os/exec"
	"syscall"
)

// isolate does nothing: Windows has no process groups that signals reach.
func isolate(*exec.Cmd) {}

// signalGroup fails: the tests that press Ctrl-C run elsewhere.
func signalGroup(*exec.Cmd, syscall.Signal) error {
	return errors.New("signals need a Unix")
}
