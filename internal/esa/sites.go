package esa

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// Site is one site of the account.
type Site struct {
	// SiteID is its number.
	SiteID string
	// SiteName is its domain.
	SiteName string
	// Status is pending, active, offline or moved. Routes and records need an active site.
	Status string
	// AccessType is how its DNS points to ESA: NS or CNAME.
	AccessType string
	// NameServers are the name servers of the domain if AccessType is NS.
	NameServers []string
	// Coverage is domestic, global or overseas.
	Coverage string
	// PlanName is its plan.
	PlanName string
}

// SiteActive is the value of [Site.Status] that routes and records need.
const SiteActive = "active"

// sitePages has the largest pages that ListSites accepts; count ends the reading of a list that does not end.
var sitePages = pages[Site]{
	what: "sites", size: 500, count: 100,
	key: func(site Site) string { return site.SiteID },
}

// siteInfo is a site in the format of the ESA API.
type siteInfo struct {
	SiteID         string `json:"SiteId"`
	SiteName       string
	Status         string
	AccessType     string
	NameServerList string
	Coverage       string
	PlanName       string
}

type listSitesResponse struct {
	counted

	Sites []siteInfo
}

// SitesNamed returns the sites of a name, which letter case does not matter for. There can be more than one: a site that moved to
// another account or plan stays in the list.
func (c *Client) SitesNamed(ctx context.Context, name string) ([]Site, error) {
	call := call{operation: "ListSites", isGet: true, parameters: parameters{"SiteName": name, "SiteSearchType": "exact"}}
	list, err := listAll(ctx, c, call, sitePages, func(response *listSitesResponse) ([]Site, error) {
		return each(response.Sites, func(site siteInfo) (Site, error) {
			if site.SiteID == "" || site.SiteName == "" {
				return Site{}, errors.New("it has a site without a SiteId or SiteName")
			}
			return Site{
				SiteID: site.SiteID, SiteName: site.SiteName, Status: site.Status, AccessType: site.AccessType,
				NameServers: nameServers(site.NameServerList), Coverage: site.Coverage, PlanName: site.PlanName,
			}, nil
		})
	})
	if err != nil {
		return nil, err
	}
	// Whether the search is exact is contradictory.
	isNamed := func(site Site) bool { return strings.EqualFold(site.SiteName, name) }
	if found, err := list.Find(isNamed); found == nil {
		return nil, err
	}
	return slices.DeleteFunc(list.Known, func(site Site) bool { return !isNamed(site) }), nil
}

// nameServers parses NameServerList, a text with commas.
func nameServers(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

// IsSiteMissing reports whether err is ESA's answer that the site does not exist. The codes are those that clients have seen; no
// reference page has them.
func IsSiteMissing(err error) bool {
	failure, ok := errors.AsType[*Error](err)
	return ok && !interrupted(err) && failure.HTTPStatus < 500 && failure.RequestID != "" &&
		HasCode(err, "SiteNotFound", "SiteNotFound.NotFound", "101", "32")
}
