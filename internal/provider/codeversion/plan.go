package codeversion

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/bundle"
	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/provider/framework"
)

// servingMaxAge is how old an answer about a routine may be from which a plan tells what serves a version: one call serves
// all versions of a routine, and the deployments of it.
const servingMaxAge = time.Minute

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

// hashContent reads the content, and returns its hash and the files it comes from. The hash is unknown if a part of
// the content is known only after apply. What is known is checked in any case.
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

// planComputed plans the computed attributes, and returns the attributes because of which this is a replacement, beside
// those that always are one. Only what the version consists of makes another version: the hash decides, and not where
// the content is.
func (m *resourceModel) planComputed(hash types.String, state *resourceModel) (replaced path.Paths, diags diag.Diagnostics) {
	m.ContentHash = hash
	if state != nil {
		// ESA does not tell what an imported version holds, so that nothing can be compared.
		if !state.ContentHash.IsNull() && !hash.Equal(state.ContentHash) {
			replaced.Append(path.Root(attributeContentHash))
		}
		if !sameDescription(m.Description, state.Description) {
			replaced.Append(path.Root(attributeDescription))
		}
		// Nor need it tell which variables it carries.
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

// pack prepares the zip of the planned content. It refuses content that is not the planned one any more, before
// anything was asked of ESA.
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

// warnOfServing warns of a delete, of a destroy or a replacement, that will be refused unless something else changes
// first. Terraform shows it for a replacement only on the first of the two plans that it makes of one.
func (r *codeVersionResource) warnOfServing(ctx context.Context, state resourceModel, warning func([]esa.Deployment) diag.Diagnostic) (diags diag.Diagnostics) {
	if state.stays() || !r.HasClient() {
		return nil
	}
	client, ctx, end := r.Begin(ctx, &diags, framework.TimeoutRead, state.Timeouts.Read)
	defer end()
	if client == nil {
		return diags
	}
	// This only reads ahead: the delete reads again, and says what is wrong then.
	routine, err := client.GetRoutine(ctx, state.Name.ValueString(), servingMaxAge)
	if err != nil {
		return nil
	}
	// Where the plan removes the deployment from the state too, the version stays with what the environment serves, which the
	// deployment's own warning says.
	serving := slices.DeleteFunc(servedBy(routine, state.CodeVersion.ValueString()), func(deployment esa.Deployment) bool {
		return r.Run().Leaves.Of(esa.Target{Routine: state.Name.ValueString(), Environment: deployment.Environment})
	})
	if len(serving) > 0 {
		return diag.Diagnostics{warning(serving)}
	}
	return nil
}
