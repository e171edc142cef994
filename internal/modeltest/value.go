package modeltest

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-esa/internal/esasim"
)

// Block is a resource of a configuration.
type Block struct {
	Address, Type string
	// Body holds what is set: string, bool, int, []any, map[string]any and [Ref].
	Body map[string]any
	// CreateBeforeDestroy is the lifecycle argument.
	CreateBeforeDestroy bool
	// Replace is the flag -replace of a plan.
	Replace bool
}

// With returns a body with more arguments.
func With(body, more map[string]any) map[string]any {
	body = maps.Clone(body)
	maps.Copy(body, more)
	return body
}

// Ref is a reference to an attribute of another resource.
type Ref struct{ Address, Attribute string }

// needs lists the resources that a body refers to.
func needs(body any) []string {
	var found []string
	switch body := body.(type) {
	case Ref:
		found = append(found, body.Address)
	case []any:
		for _, element := range body {
			found = append(found, needs(element)...)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(body)) {
			found = append(found, needs(body[name])...)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// build makes a value of a type; resolve follows references.
func build(typ tftypes.Type, from any, resolve func(Ref) tftypes.Value) tftypes.Value {
	switch from := from.(type) {
	case nil:
		return tftypes.NewValue(typ, nil)
	case Ref:
		return resolve(from)
	case []any:
		list, _ := typ.(tftypes.List)
		elements := make([]tftypes.Value, len(from))
		for i, element := range from {
			elements[i] = build(list.ElementType, element, resolve)
		}
		return tftypes.NewValue(typ, elements)
	case map[string]any:
		if of, ok := typ.(tftypes.Map); ok {
			elements := map[string]tftypes.Value{}
			for name, element := range from {
				elements[name] = build(of.ElementType, element, resolve)
			}
			return tftypes.NewValue(typ, elements)
		}
		object, _ := typ.(tftypes.Object)
		for name := range from {
			if _, known := object.AttributeTypes[name]; !known {
				panic(fmt.Sprintf("the configuration of a test has an attribute %q that is not in the schema", name))
			}
		}
		members := map[string]tftypes.Value{}
		for name, member := range object.AttributeTypes {
			members[name] = build(member, from[name], resolve)
		}
		return tftypes.NewValue(typ, members)
	default:
		return tftypes.NewValue(typ, from)
	}
}

// members returns the attributes of an object, none if it is null or unknown.
func members(value tftypes.Value) map[string]tftypes.Value {
	var content map[string]tftypes.Value
	if value.Type() != nil && value.IsKnown() && !value.IsNull() {
		_ = value.As(&content)
	}
	return maps.Clone(content) // the value keeps its own
}

// Text returns an attribute that is a string, empty if it is null, unknown or absent.
func Text(object tftypes.Value, attribute string) string {
	var text *string
	if member, ok := members(object)[attribute]; ok && member.IsKnown() {
		_ = member.As(&text)
	}
	if text == nil {
		return ""
	}
	return *text
}

// SharesOf returns the split of a deployment in the state.
func SharesOf(object tftypes.Value) []esasim.Share {
	var list []tftypes.Value
	var shares []esasim.Share
	_ = members(object)["code_versions"].As(&list)
	for _, element := range list {
		var percentage big.Float
		_ = members(element)["percentage"].As(&percentage)
		whole, _ := percentage.Int64()
		shares = append(shares, esasim.Share{CodeVersion: Text(element, "code_version"), Percentage: int(whole)})
	}
	return shares
}

// proposed is the new state that core proposes: the configuration, with what is computed and not set taken from before.
func proposed(schema *tfprotov6.Schema, prior, config tftypes.Value) tftypes.Value {
	before, content := members(prior), members(config)
	for _, attribute := range schema.Block.Attributes {
		if attribute.WriteOnly {
			content[attribute.Name] = tftypes.NewValue(attribute.Type, nil)
		}
		if attribute.Computed && content[attribute.Name].IsNull() && before != nil {
			content[attribute.Name] = before[attribute.Name]
		}
	}
	return tftypes.NewValue(config.Type(), content)
}

// conforms is core's check of a value against what was planned: what was known must have stayed.
func conforms(at string, planned, actual tftypes.Value) error {
	if !planned.IsKnown() {
		return nil
	}
	differs := fmt.Errorf("%s: was planned as %s, and became %s", at, planned, actual)
	if planned.IsNull() || !actual.IsKnown() || actual.IsNull() {
		if planned.IsNull() && actual.IsNull() {
			return nil
		}
		return differs
	}
	switch {
	case planned.Type().Is(tftypes.Object{}):
		was, is := members(planned), members(actual)
		for _, name := range slices.Sorted(maps.Keys(was)) {
			if err := conforms(at+"."+name, was[name], is[name]); err != nil {
				return err
			}
		}
	case planned.Type().Is(tftypes.List{}):
		var was, is []tftypes.Value
		_, _ = planned.As(&was), actual.As(&is)
		if len(was) != len(is) {
			return differs
		}
		for i := range was {
			if err := conforms(fmt.Sprintf("%s[%d]", at, i), was[i], is[i]); err != nil {
				return err
			}
		}
	case !planned.Equal(actual):
		return differs
	}
	return nil
}

// JSON writes a value as JSON, without what is null, such that equal values are equal text.
func JSON(value tftypes.Value) string {
	text, err := json.Marshal(plain(value))
	if err != nil {
		panic(err)
	}
	return string(text)
}

// plain turns a value into what package json can write.
func plain(value tftypes.Value) any {
	if value.IsNull() {
		return nil
	}
	if !value.IsKnown() {
		return "(unknown)"
	}
	switch typ := value.Type(); {
	case typ.Is(tftypes.Object{}), typ.Is(tftypes.Map{}):
		content := map[string]any{}
		for name, member := range members(value) {
			if written := plain(member); written != nil {
				content[name] = written
			}
		}
		return content
	case typ.Is(tftypes.List{}), typ.Is(tftypes.Set{}):
		var elements []tftypes.Value
		_ = value.As(&elements)
		content := make([]any, len(elements))
		for index, element := range elements {
			content[index] = plain(element)
		}
		return content
	case typ.Is(tftypes.String):
		var text string
		_ = value.As(&text)
		return text
	case typ.Is(tftypes.Bool):
		var is bool
		_ = value.As(&is)
		return is
	default:
		var number big.Float
		_ = value.As(&number)
		return json.Number(number.Text('g', -1))
	}
}
