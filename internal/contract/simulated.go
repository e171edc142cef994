package contract

import (
	"context"
	"time"

	"terraform-provider-esa/internal/esasim"
)

// Simulate asks a simulator of its own, with some options, and everything that needs a site.
func Simulate(ctx context.Context, options ...esasim.Option) (Record, error) {
	simulator := esasim.New(options...)
	server, err := simulator.Listen("127.0.0.1:0", false) //nolint:contextcheck // It listens until it is closed.
	if err != nil {
		return Record{}, err
	}
	defer server.Close()
	api, err := NewSDK(server.URL, Key{ID: esasim.AccessKeyID, Secret: esasim.AccessKeySecret})
	if err != nil {
		return Record{}, err
	}
	record, err := Run(ctx, api, Settings{
		Routine: "esa-contract-simulated", Site: simulator.AddSite(esasim.Site{Name: "example.com"}), Host: "contract.example.com", Pause: time.Millisecond,
	})
	record.Endpoint = "simulator"
	return record, err
}
