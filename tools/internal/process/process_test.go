package process_test

import (
	"os"
	"os/exec"
	"runtime"
	"testing"

	"terraform-provider-esa/tools/internal/process"
)

// The test's own executable stands for a program that needs much memory.
func TestMain(m *testing.M) {
	if os.Getenv("PROCESS_TEST_HUNGRY") == "" {
		os.Exit(m.Run())
	}
	eaten := make([]byte, 64<<20)
	for i := range eaten {
		eaten[i] = 1
	}
	runtime.KeepAlive(eaten)
}

func TestPeakMemory(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	peak := func(env ...string) int64 {
		cmd := exec.CommandContext(t.Context(), exe, "-test.run=^$")
		cmd.Env = append(os.Environ(), env...)
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		return process.PeakMemory(cmd.ProcessState)
	}
	modest := peak()
	if modest == 0 {
		t.Skip("not known on this system")
	}
	if hungry := peak("PROCESS_TEST_HUNGRY=1"); hungry < 64<<20 || hungry > 256<<20 || modest >= hungry {
		t.Errorf("64 MiB of use are %d bytes at most, none is %d", hungry, modest)
	}
}

func TestKillGroup(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no sleep on Windows")
	}
	cmd := exec.CommandContext(t.Context(), "sleep", "60")
	process.Isolate(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	process.KillGroup(cmd)
	if err := cmd.Wait(); err == nil {
		t.Error("it has ended by itself")
	}
	process.KillGroup(cmd) // nothing is left, and nothing happens
}
