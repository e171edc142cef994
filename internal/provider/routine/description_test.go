package routine

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/esa"
)

func TestObservedDescription(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		before   types.String
		answered esa.Description
		want     types.String
	}{
		{types.StringNull(), "", types.StringNull()},
		{types.StringValue(""), "", types.StringValue("")},
		{types.StringValue("text"), "", types.StringNull()},
		{types.StringNull(), "says hello", types.StringValue("says hello")},
		{types.StringNull(), "c2F5cyBoZWxsbw==", types.StringValue("says hello")},
		{types.StringValue("text"), "c2F5cyBoZWxsbw==", types.StringValue("says hello")},
		{types.StringValue("Text"), "text", types.StringValue("text")},
	} {
		if got := observedDescription(test.before, test.answered); !got.Equal(test.want) {
			t.Errorf("observedDescription(%s, %q) = %s, want %s", test.before, test.answered, got, test.want)
		}
	}
}

func TestCheckDescription(t *testing.T) {
	t.Parallel()
	model := resourceModel{Name: types.StringValue("hello"), Description: types.StringValue("says hello ")}
	for _, test := range []struct {
		answered esa.Description
		want     string
	}{
		{answered: "says hello "},
		{answered: "c2F5cyBoZWxsbyA="},
		{"c2F5cyBoZWxsbw==", `ESA accepted the description "says hello " of routine "hello", but returns "says hello". ` +
			"If the next plan shows a difference, set the description to what ESA returns."},
	} {
		got := ""
		for _, warning := range model.checkDescription(&esa.Routine{RoutineSummary: esa.RoutineSummary{Description: test.answered}}) {
			got += warning.Detail()
		}
		if got != test.want {
			t.Errorf("for %q it says %q, want %q", test.answered, got, test.want)
		}
	}
}
