// Package sdkdebug keeps alibaba-cloud-sdk-go from printing requests, with their signatures, to standard output.
//
// The SDK does that where the environment says DEBUG=sdk, and reads it while its packages are initialised, so main is too late to
// change it. Go initialises packages in the order of their import paths as soon as what they import is initialised (Go 1.21
// release notes, "Package initialization order"). This package imports only os, and the SDK can not be initialised before
// net/http, which waits for the standard library's vendored packages ("vendor/…"), whose paths sort after this one's.
// TestDebugIsOff of package esa proves the order in a process of its own.
package sdkdebug

import (
	"os"
	"strings"
)

const variable = "DEBUG"

func init() {
	flags, found := os.LookupEnv(variable)
	if !found {
		return
	}
	var kept []string
	for flag := range strings.SplitSeq(flags, ",") {
		if flag != "sdk" {
			kept = append(kept, flag)
		}
	}
	// Setenv fails only for a name or value that the environment could not have held before.
	_ = os.Setenv(variable, strings.Join(kept, ","))
}
