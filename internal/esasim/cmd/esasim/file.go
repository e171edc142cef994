package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"terraform-provider-esa/internal/esasim"
)

func saveState(path string, content esasim.Seed) error {
	text, err := json.MarshalIndent(content, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(path, append(text, '\n'))
}

// writeFile replaces a file as a whole: whoever reads it sees the old content or
// the new, also where this process is killed meanwhile.
func writeFile(path string, content []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err == nil {
		err = file.Chmod(0o644) // what it holds is public: a certificate, an address, made-up content
	}
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}
