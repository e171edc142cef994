package deployment

import (
	"math/big"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-esa/internal/split"
)

// trafficMap is the attribute traffic of a split: each code version with its percentage.
func trafficMap(served split.Split) types.Map {
	elements := map[string]attr.Value{}
	for _, share := range served.Shares() {
		elements[share.CodeVersion] = types.NumberValue(new(big.Float).SetInt64(int64(share.Percentage)))
	}
	return types.MapValueMust(types.NumberType, elements)
}
