package framework

import (
	"cmp"
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"terraform-provider-esa/internal/esa"
)

// RoutineName is the attribute for the name of the routine that an object belongs to.
func RoutineName() schema.StringAttribute {
	return schema.StringAttribute{
		Required:            true,
		MarkdownDescription: "Name of the routine. Changing this forces a new resource to be created.",
		Validators:          RoutineNameValidators(),
		PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
	}
}

// Env is the attribute for the environment that an object belongs to.
func Env() schema.StringAttribute {
	return schema.StringAttribute{
		Required:            true,
		MarkdownDescription: "Environment of the routine: `staging` or `production`. Changing this forces a new resource to be created.",
		Validators:          []validator.String{stringvalidator.OneOf(esa.Environments()...)},
		PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
	}
}

// Constant is a computed attribute that does not change while the object exists.
func Constant(description string) schema.StringAttribute {
	return schema.StringAttribute{
		Computed:            true,
		MarkdownDescription: description,
		PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
	}
}

// Timeouts is the attribute timeouts. It adds the missing descriptions of limits. until is what a write waits for, such as "ESA
// shows the routine".
func Timeouts(ctx context.Context, limits timeouts.Opts, until string) schema.Attribute {
	for description, standard := range map[*string]string{
		&limits.CreateDescription: "Time limit for creating, including retries and the wait until " + until + ", such as `90s` or `10m`. Defaults to `5m`.",
		&limits.UpdateDescription: "Time limit for updating, including retries and the wait until " + until + ". Defaults to `5m`.",
		&limits.ReadDescription:   "Time limit for reading, also while planning, including retries. Defaults to `2m`.",
		&limits.DeleteDescription: "Time limit for deleting, including retries. Defaults to `5m`.",
	} {
		*description = cmp.Or(*description, standard)
	}
	return timeouts.Attributes(ctx, limits)
}
