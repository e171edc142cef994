// Package usage is what the benchmark and its meter tell each other about the provider's processes.
package usage

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"terraform-provider-esa/tools/internal/process"
)

// The variables by which the meter learns what to run and where to write.
const (
	ProgramVariable = "ESA_BENCH_PROGRAM"
	FileVariable    = "ESA_BENCH_USAGE"
)

// Usage is what one process used over its life.
type Usage struct {
	CPU  time.Duration `json:"cpu_ns"`     // user and system time
	Peak int64         `json:"peak_bytes"` // the largest resident set
}

// Of returns the usage of a process that has ended.
func Of(state *os.ProcessState) Usage {
	return Usage{CPU: state.UserTime() + state.SystemTime(), Peak: process.PeakMemory(state)}
}

// Append adds a usage to a file. Several processes may do so at once.
func Append(path string, u Usage) error {
	line, err := json.Marshal(u)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(append(line, '\n'))
	return errors.Join(err, file.Close())
}

// Take returns the usages in a file and removes it; none if there is no file.
func Take(path string) ([]Usage, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []Usage
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		var u Usage
		if err := json.Unmarshal(lines.Bytes(), &u); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, u)
	}
	return all, os.Remove(path)
}
