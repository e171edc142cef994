package codeversion

import (
	"context"
	"errors"

	"terraform-provider-esa/internal/bundle"
)

// keyFiles is the key under which the plan of a create keeps its plannedFiles in the private data of the planned object.
// Where Terraform deletes the replaced version first, that data reaches its Delete. No other Delete gets it: a create
// stores none of it in the state.
const keyFiles = "planned_files"

// plannedFiles are the files that a planned version is published from.
type plannedFiles struct {
	Entry           string `json:"entry,omitempty"`
	AssetsDirectory string `json:"assets_directory,omitempty"`
	// Hash identifies what was in them. It is empty if there is nothing to compare.
	Hash string `json:"hash,omitempty"`
	// Retained is the key of the new version where its resource retains the versions that it replaces.
	Retained string `json:"retained,omitempty"`
}

var errFilesChanged = errors.New("changed since the plan")

// check returns errFilesChanged where the files are not what they were, or says why they cannot be read.
func (f plannedFiles) check(ctx context.Context) error {
	if f.Hash == "" {
		return nil
	}
	opened, err := bundle.Open(ctx, bundle.Source{Entry: f.Entry, AssetsDirectory: f.AssetsDirectory})
	if err == nil && opened.FilesHash() != f.Hash {
		err = errFilesChanged
	}
	return err
}
