// Package process is what package os leaves to each operating system: groups of processes, and the memory that one used.
package process

import (
	"os"
	"os/exec"
)

// Isolate puts a command that is not started yet into a process group of its own, which the terminal's Ctrl-C does not
// reach.
func Isolate(cmd *exec.Cmd) { isolate(cmd) }

// KillGroup ends whatever is left of the group that an isolated and started command leads.
func KillGroup(cmd *exec.Cmd) { killGroup(cmd) }

// PeakMemory returns the largest resident set, in bytes, that a process had which has ended; 0 if it is not known.
func PeakMemory(state *os.ProcessState) int64 { return peakMemory(state) }
