package esa

import (
	"context"
	"errors"
	"slices"
)

type getRoutineStagingEnvIPResponse struct {
	answer

	IPV4 []string
}

// GetRoutineStagingEnvIP returns the IPv4 addresses where the staging environments of all routines answer.
func (c *Client) GetRoutineStagingEnvIP(ctx context.Context) ([]string, error) {
	return read(ctx, c, call{operation: "GetRoutineStagingEnvIp"}, func(response *getRoutineStagingEnvIPResponse) ([]string, error) {
		if len(response.IPV4) == 0 || slices.Contains(response.IPV4, "") {
			return nil, errors.New("it lists no address")
		}
		return response.IPV4, nil
	})
}
