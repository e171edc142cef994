package framework

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"

	"terraform-provider-esa/internal/esa"
)

// Listing pushes the results of one list block, up to the limit of Terraform.
type Listing[Model any] struct {
	ctx      context.Context
	req      list.ListRequest
	identity Identity
	push     func(list.ListResult) bool
	pushed   int64
	ended    bool
	notes    diag.Diagnostics
}

// listResource is a list resource with Query as the configuration of a block and Model as a result.
type listResource[Query, Model any] struct {
	Resource

	schema  schema.Schema
	limit   time.Duration
	produce func(ctx context.Context, client *esa.Client, query Query, listing *Listing[Model]) diag.Diagnostics
}

// NewListResource returns a list resource. Its type is that of the provider with this ending. produce pushes the results of a
// list block within the time limit. An error of it ends the list.
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

// Note adds a warning about the whole list to its next result.
func (l *Listing[Model]) Note(diags ...diag.Diagnostic) {
	l.notes.Append(diags...)
}

// Incomplete returns a warning if a list of ESA may be incomplete. kind is the kind of its items, such as "routines". remedy says
// how to see the others if ESA truncates the list.
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

// Push pushes one object: its display name, the values of its identity and, if Terraform asks for it, the resource as after an
// import, of which fill sets the other attributes. It reports whether Terraform wants more results.
func (l *Listing[Model]) Push(displayName string, identity []string, fill func(*Model)) bool {
	if l.ended {
		return false
	}
	result := l.req.NewListResult(l.ctx)
	result.DisplayName = displayName
	result.Diagnostics.Append(l.notes...)
	l.notes = nil
	result.Diagnostics.Append(l.identity.set(l.ctx, result.Identity, identity)...)
	if l.req.IncludeResource {
		var model Model
		result.Diagnostics.Append(l.identity.set(l.ctx, result.Resource, identity)...)
		result.Diagnostics.Append(result.Resource.Get(l.ctx, &model)...)
		fill(&model)
		if !result.Diagnostics.HasError() {
			result.Diagnostics.Append(result.Resource.Set(l.ctx, model)...)
		}
	}
	l.pushed++
	l.ended = !l.push(result) || l.pushed == l.req.Limit
	return !l.ended
}
