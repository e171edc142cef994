//go:build unix

package acceptance

import (
	"os/exec"
	"syscall"
)

// isolate gives a command a process group of its own, as a terminal's Ctrl-C reaches Terraform and the provider alike.
func isolate(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// signalGroup sends a signal to the command and to what it has started.
func signalGroup(command *exec.Cmd, signal syscall.Signal) error {
	return syscall.Kill(-command.Process.Pid, signal)
}
