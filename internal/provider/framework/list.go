package framework

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-esa/internal/esa"
)

// Listing pushes the results of one list block, at most as many as Terraform asks for.
type Listing[Model any] struct {
	ctx      context.Context
	req      list.ListRequest
	identity Identity
	push     func(list.ListResult) bool
	pushed   int64
	ended    bool
	notes    diag.Diagnostics
}

// listResource is a list resource whose blocks have Query as their configuration and whose results are read into Model.
type listResource[Query, Model any] struct {
	Resource

	schema  schema.Schema
	limit   time.Duration
	produce func(ctx context.Context, client *esa.Client, query Query, listing *Listing[Model]) diag.Diagnostics
}

// NewListResource returns the list resource whose type is the provider's with this ending. produce pushes the results of a list
// block when Terraform reads them, and may take as long as the limit; a failure of it ends the list as an error.
func NewListResource[Query, Model any](ending string, identity Identity, definition schema.Schema, limit time.Duration, produce func(ctx context.Context, client *esa.Client, query Query, listing *Listing[Model]) diag.Diagnostics) list.ListResource {
	return &listResource[Query, Model]{NewResource(ending, identity), definition, limit, produce}
}

// ListResourceConfigSchema implements list.ListResource.
func (l *listResource[Query, Model]) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = l.schema
}

// List implements list.ListResource.
func (l *listResource[Query, Model]) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	stream.Results = func(push func(list.ListResult) bool) {
		listing := &Listing[Model]{ctx: ctx, req: req, identity: l.identity, push: push}
		var query Query
		diags := req.Config.Get(ctx, &query)
		client, ctx, end := l.Begin(ctx, &diags, "", func(context.Context, time.Duration) (time.Duration, diag.Diagnostics) { return l.limit, nil })
		defer end()
		if client != nil {
			diags = l.produce(ctx, client, query, listing)
			diags.Append(listing.notes...) // of a list without a result
		}
		if len(diags) > 0 && !listing.ended {
			push(list.ListResult{Diagnostics: diags})
		}
	}
}

// Note warns of something about the whole list, beside its next result if there is one.
func (l *Listing[Model]) Note(diags ...diag.Diagnostic) {
	l.notes.Append(diags...)
}

// Incomplete warns where things may be missing from a list of ESA. kind is what they are, such as "routines", remedy how to see
// others of a list that ESA cuts short.
func Incomplete[T any](found esa.List[T], kind, remedy string) diag.Diagnostics {
	title := strings.ToUpper(kind[:1]) + kind[1:]
	switch {
	case found.Complete:
		return nil
	case found.Truncated:
		return diag.Diagnostics{diag.NewWarningDiagnostic(title+" are missing from the list", strings.TrimSpace(fmt.Sprintf("ESA has %d %s but lists only %d. %s", found.Total, kind, len(found.Known), remedy)))}
	default:
		return diag.Diagnostics{diag.NewWarningDiagnostic(title+" may be missing from the list", fmt.Sprintf(
			"The list of %s changed each time it was read. Run the command again when no one creates or deletes any of them.", kind))}
	}
}

// Push pushes one object: how a person recognises it, the values of its identity and, where Terraform asks for it, the resource
// as an import would read it, of which fill writes the rest into the model. It tells whether more results are wanted, and else
// does nothing.
func (l *Listing[Model]) Push(displayName string, identity []string, fill func(*Model) diag.Diagnostics) bool {
	if l.ended {
		return false
	}
	result := l.req.NewListResult(l.ctx)
	result.DisplayName = displayName
	result.Diagnostics.Append(l.notes...)
	l.notes = nil
	for index, attribute := range l.identity.Attributes {
		result.Diagnostics.Append(result.Identity.SetAttribute(l.ctx, path.Root(attribute.Name), identity[index])...)
	}
	if l.req.IncludeResource {
		var model Model
		for index, attribute := range l.identity.Attributes {
			result.Diagnostics.Append(result.Resource.SetAttribute(l.ctx, path.Root(attribute.Name), identity[index])...)
		}
		result.Diagnostics.Append(result.Resource.Get(l.ctx, &model)...)
		result.Diagnostics.Append(fill(&model)...)
		if !result.Diagnostics.HasError() {
			result.Diagnostics.Append(result.Resource.Set(l.ctx, model)...)
		}
	}
	l.pushed++
	l.ended = !l.push(result) || l.pushed == l.req.Limit
	return !l.ended
}
