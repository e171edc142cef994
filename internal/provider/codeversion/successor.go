package codeversion

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"

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
	// Hash identifies what was in them. It is empty where there is nothing to compare.
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

type privateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

type privateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// save keeps the files in private data, or removes the key where there is nothing to compare.
func (f plannedFiles) save(ctx context.Context, private privateWriter) diag.Diagnostics {
	if f.Hash == "" && f.Retained == "" {
		return private.SetKey(ctx, keyFiles, nil)
	}
	content, err := json.Marshal(f)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Cannot plan the code version", err.Error())}
	}
	return private.SetKey(ctx, keyFiles, content)
}

// savedFiles is the counterpart of save: nothing to compare where nothing was saved.
func savedFiles(ctx context.Context, private privateReader) (files plannedFiles, diags diag.Diagnostics) {
	content, diags := private.GetKey(ctx, keyFiles)
	if len(content) > 0 && json.Unmarshal(content, &files) != nil {
		files = plannedFiles{}
	}
	return files, diags
}
