package codeversion

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/bundle"
	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/framework"
)

// servingMaxAge is the maximum age of an answer about the deployments that serve a version: one call is enough for all versions
// of a routine.
const servingMaxAge = time.Minute

// keyFiles is the key of the plannedFiles in the private data of a planned create. If Terraform deletes the replaced version
// first, its Delete receives that data. No other Delete does, because a create does not store it in the state.
const keyFiles = "planned_files"

// plannedFiles are the files of a planned version.
type plannedFiles struct {
	Entry           string `json:"entry,omitempty"`
	AssetsDirectory string `json:"assets_directory,omitempty"`
	// Hash identifies their content. It is empty if there is nothing to compare.
	Hash string `json:"hash,omitempty"`
	// Retained is the key of the new version if its resource has retain.
	Retained string `json:"retained,omitempty"`
}

// check returns an error if the files have changed or cannot be read.
func (f plannedFiles) check(ctx context.Context) error {
	if f.Hash == "" {
		return nil
	}
	opened, err := bundle.Open(ctx, bundle.Source{Entry: f.Entry, AssetsDirectory: f.AssetsDirectory})
	if err == nil && opened.FilesHash() != f.Hash {
		var paths []string
		for _, file := range []string{f.Entry, f.AssetsDirectory} {
			if file != "" {
				paths = append(paths, strconv.Quote(file))
			}
		}
		err = errors.New(strings.Join(paths, " or ") + " changed")
	}
	return err
}

// hashContent reads the content, and returns its hash and its files. The hash is unknown if a part of the content is known only
// after apply. The known part is checked in any case.
func (m resourceModel) hashContent(ctx context.Context) (types.String, plannedFiles, diag.Diagnostics) {
	source, known := m.source()
	opened, err := bundle.Open(ctx, source)
	switch {
	case err != nil:
		return types.StringUnknown(), plannedFiles{}, diag.Diagnostics{m.contentFailure(err)}
	case !known:
		return types.StringUnknown(), plannedFiles{}, nil
	}
	files := plannedFiles{Entry: source.Entry, AssetsDirectory: source.AssetsDirectory, Hash: opened.FilesHash()}
	return types.StringValue(opened.ContentHash()), files, nil
}

// planComputed plans the computed attributes, and returns the attributes that force a replacement, except those that always do.
// Only another content makes another version, not another path.
func (m *resourceModel) planComputed(hash types.String, state *resourceModel) (replaced path.Paths, diags diag.Diagnostics) {
	m.ContentHash = hash
	if state != nil {
		// ESA does not return the content of an imported version, so there is nothing to compare.
		if !state.ContentHash.IsNull() && !hash.Equal(state.ContentHash) {
			replaced.Append(path.Root(attributeContentHash))
		}
		if !sameDescription(m.Description, state.Description) {
			replaced.Append(path.Root(attributeDescription))
		}
		// The same may be true of its variables.
		if !m.DeployEnv.Equal(state.DeployEnv) && (!state.isImported() || !state.DeployEnv.IsNull()) {
			replaced.Append(path.Root(attributeDeployEnv))
		}
		if len(replaced) == 0 && m.Name.Equal(state.Name) && m.NotFoundStrategy.Equal(state.NotFoundStrategy) {
			m.ID, m.CodeVersion, m.Status, m.CreateTime = state.ID, state.CodeVersion, state.Status, state.CreateTime
			if state.ContentHash.IsNull() {
				diags.Append(state.contentAdopted())
			}
			return nil, diags
		}
	}
	m.ID, m.CodeVersion, m.Status, m.CreateTime = types.StringUnknown(), types.StringUnknown(), types.StringUnknown(), types.StringUnknown()
	return replaced, nil
}

// pack prepares the zip of the content. It refuses content that differs from the plan, before any call to ESA.
func (m resourceModel) pack(ctx context.Context) (*bundle.Archive, diag.Diagnostics) {
	source, _ := m.source()
	opened, err := bundle.Open(ctx, source)
	if err == nil && opened.ContentHash() != m.ContentHash.ValueString() {
		return nil, diag.Diagnostics{m.contentChanged(opened.ContentHash())}
	}
	var archive *bundle.Archive
	if err == nil {
		archive, err = opened.Archive(ctx)
	}
	if err != nil {
		return nil, diag.Diagnostics{m.contentFailure(err)}
	}
	return archive, nil
}

// warnOfServing warns of a destroy or a replacement whose delete ESA refuses unless something else changes first. Of the two
// plans of a replacement, Terraform shows only the warnings of the first one.
func (r *codeVersionResource) warnOfServing(ctx context.Context, state resourceModel, warning func([]esa.Deployment) diag.Diagnostic) (diags diag.Diagnostics) {
	if state.stays() || !r.HasClient() {
		return nil
	}
	client, ctx, end := r.Begin(ctx, &diags, framework.TimeoutRead, state.Timeouts.Read)
	defer end()
	if client == nil {
		return diags
	}
	// The delete reads again and reports errors, so this read may fail.
	routine, err := client.GetRoutine(ctx, state.Name.ValueString(), servingMaxAge)
	if err != nil {
		return nil
	}
	// If the plan removes the deployment from the state too, the version stays in ESA. The warning of the deployment says so.
	serving := slices.DeleteFunc(servedBy(routine, state.CodeVersion.ValueString()), func(deployment esa.Deployment) bool {
		return r.Run().Leaves.Of(esa.Target{Routine: state.Name.ValueString(), Environment: deployment.Environment})
	})
	if len(serving) > 0 {
		return diag.Diagnostics{warning(serving)}
	}
	return nil
}
