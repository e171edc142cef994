package main

import (
	"context"
	"net/http"
	"net/url"

	"terraform-provider-esa/tools/internal/sandbox"
	"terraform-provider-esa/tools/internal/simulator"
)

// share is one code version's part of a split, as the simulator's admin path writes it.
type share struct {
	CodeVersion string `json:"code_version"`
	Percentage  int    `json:"percentage"`
}

// account is the simulated account with the routine that the tour releases.
type account struct {
	*simulator.Simulator
}

// seed has the versions of the routine, nothing deployed yet.
var seed = simulator.Seed{Routines: []simulator.Routine{{
	Name:        routine,
	Description: "greets",
	CodeVersions: []simulator.CodeVersion{
		{CodeVersion: oldVersion, Description: "says hello"},
		{CodeVersion: newVersion, Description: "says hello in colour"},
		{CodeVersion: nextVersion, Description: "says hello faster"},
		{CodeVersion: brokenVersion, Description: "does not say hello"},
	},
}}}

func startAccount(ctx context.Context, box *sandbox.Sandbox) (account, error) {
	exe, err := box.Build(ctx, "./internal/esasim/cmd/esasim")
	if err != nil {
		return account{}, err
	}
	esa, err := simulator.Start(ctx, exe, box.Path(""), seed)
	if err != nil {
		return account{}, err
	}
	box.Env = append(box.Env, esa.Env()...)
	return account{esa}, nil
}

// deployOutOfBand changes the split as someone else would, past Terraform.
func (a account) deployOutOfBand(ctx context.Context, shares []share) error {
	return a.Admin(ctx, http.MethodPost, "deploy", map[string]any{"routine": routine, "env": env, "shares": shares}, &struct{ ID string }{})
}

// breakVersion makes every visit to a version end in an error.
func (a account) breakVersion(ctx context.Context, codeVersion string) error {
	return a.Admin(ctx, http.MethodPost, "traffic", map[string]any{"routine": routine, "code_version": codeVersion, "error_rate": 1}, &struct{ Status string }{})
}

// live is what the environment serves, as the simulator knows it and not as the provider says.
func (a account) live(ctx context.Context) ([]share, error) {
	var made []struct{ Shares []share }
	query := url.Values{"routine": {routine}, "env": {env}}
	if err := a.Admin(ctx, http.MethodGet, "deployments?"+query.Encode(), nil, &made); err != nil {
		return nil, err
	}
	if len(made) == 0 {
		return nil, nil
	}
	return made[len(made)-1].Shares, nil
}
