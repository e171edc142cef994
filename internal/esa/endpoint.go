package esa

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
)

// DefaultRegion is the default region, that of China accounts.
const DefaultRegion = "cn-hangzhou"

// Regions returns the regions that have an ESA endpoint: cn-hangzhou for China accounts, ap-southeast-1 for international
// accounts. ESA is global, so the region depends on the account and not on where code runs.
func Regions() []string {
	return []string{DefaultRegion, "ap-southeast-1"}
}

// RegionEndpoint returns the public endpoint of a region, or an error that lists the regions.
func RegionEndpoint(region string) (*url.URL, error) {
	if !slices.Contains(Regions(), region) {
		return nil, fmt.Errorf("must be one of the regions where ESA has an endpoint (%s), got: %q", strings.Join(Regions(), ", "), region)
	}
	return &url.URL{Scheme: "https", Host: "esa." + region + ".aliyuncs.com"}, nil
}

// ParseEndpoint parses an endpoint: a host with an optional port, which implies HTTPS, or a URL with the scheme https. The scheme
// http is accepted only for a loopback address, because anyone on the network could replay a signed request in plain text.
func ParseEndpoint(text string) (*url.URL, error) {
	withScheme := text
	if !strings.Contains(text, "://") {
		withScheme = "https://" + text
	}
	parsed, err := url.Parse(withScheme)
	// The text of err would repeat the value, including a password in it.
	if err != nil || parsed.Hostname() == "" {
		return nil, fmt.Errorf("must be a host such as \"esa.cn-hangzhou.aliyuncs.com\" or a URL such as \"https://esa.cn-hangzhou.aliyuncs.com\"")
	}
	switch {
	case parsed.User != nil:
		return nil, fmt.Errorf("must not contain a user name; access keys are set with access_key and secret_key")
	case strings.Trim(parsed.Path, "/") != "" || parsed.RawQuery != "" || parsed.Fragment != "":
		return nil, fmt.Errorf("must be a host and port without a path, such as %q, got: %q", parsed.Scheme+"://"+parsed.Host, text)
	case parsed.Scheme == "http" && !isLoopback(parsed.Hostname()):
		return nil, fmt.Errorf("must start with https://, got: %q; http:// is accepted only for a loopback address such as http://127.0.0.1:8080, because it shows signed requests to anyone on the way", text)
	case parsed.Scheme != "https" && parsed.Scheme != "http":
		return nil, fmt.Errorf("must start with https:// (or http:// for a loopback address), got: %q", parsed.Scheme)
	}
	return &url.URL{Scheme: parsed.Scheme, Host: parsed.Host}, nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	address := net.ParseIP(host)
	return address != nil && address.IsLoopback()
}
