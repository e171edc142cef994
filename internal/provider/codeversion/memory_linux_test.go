package codeversion_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"terraform-provider-esa/internal/acceptance"
	"terraform-provider-esa/internal/esasim"
)

// TestAccCodeVersionMemoryOfALargeUpload publishes 50 MiB that do not compress, in 5,000 files, with the provider's real binary,
// and asks the system for the most memory that the provider ever had when its upload has arrived and it is about to be
// told so.
func TestAccCodeVersionMemoryOfALargeUpload(t *testing.T) {
	const (
		count, size = 5000, 10_486
		most        = 100 << 10 // KiB
	)
	simulator := simulate(t)
	// As a user has it, whatever make test sets.
	terraform := acceptance.NewWorkspace(t, append(simulator.Environment(), "GOGC=100", "GOMEMLIMIT=off")...)
	directory := t.TempDir()
	content, state := make([]byte, size), uint64(88172645463325252)
	for number := range count {
		for index := range content {
			state ^= state << 13
			state ^= state >> 7
			state ^= state << 17
			content[index] = byte(state)
		}
		put(t, filepath.Join(directory, fmt.Sprint(number%50), fmt.Sprintf("%d.bin", number)), string(content))
	}
	var peaks []int
	simulator.Inject(esasim.Rule{Operation: esasim.UploadOperation, Fault: esasim.NoFault, Then: func() {
		peaks = peaksOf("terraform-provider-esa", "ESA_ENDPOINT="+simulator.URL)
	}})
	terraform.Configure(version(argument("assets_directory", directory)))
	acceptance.Expect(t, "apply", terraform.Run("apply", "-auto-approve"), 0)
	uploads := simulator.Uploads()
	if len(uploads) != 1 || uploads[0].Size < count*size {
		t.Fatalf("uploads %+v, want one of more than 50 MiB", uploads)
	}
	if len(peaks) == 0 {
		t.Fatal("no provider was found among the processes")
	}
	for _, peak := range peaks {
		t.Logf("the provider had %d MiB at the most for an upload of %d MiB", peak>>10, uploads[0].Size>>20)
		if peak > most {
			t.Errorf("the provider had %d KiB, want at most %d", peak, most)
		}
	}
}

// peaksOf returns the largest resident set, in KiB, of every process of an executable with a setting in its environment.
func peaksOf(executable, setting string) []int {
	var peaks []int
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, process := range processes {
		path, err := os.Readlink(filepath.Join(process, "exe"))
		if err != nil || filepath.Base(path) != executable {
			continue
		}
		environment, _ := os.ReadFile(filepath.Join(process, "environ"))
		if !bytes.Contains(environment, []byte(setting+"\x00")) {
			continue
		}
		status, _ := os.ReadFile(filepath.Join(process, "status"))
		for line := range strings.SplitSeq(string(status), "\n") {
			if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "VmHWM:" {
				if peak, err := strconv.Atoi(fields[1]); err == nil {
					peaks = append(peaks, peak)
				}
			}
		}
	}
	return peaks
}
