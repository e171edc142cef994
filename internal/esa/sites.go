package esa

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
)

// Site is one site of the account.
type Site struct {
	// SiteID is its number.
	SiteID string
	// SiteName is its domain.
	SiteName string
	// Status is pending, active, offline or moved. Routes and records need an active site.
	Status string
	// AccessType is NS or CNAME: how its DNS leads to ESA.
	AccessType string
	// NameServers are those that the domain must be delegated to, where AccessType is NS.
	NameServers []string
	// Coverage is domestic, global or overseas.
	Coverage string
	// PlanName is its plan.
	PlanName string
}

// SiteActive is the value of [Site.Status] that routes and records need.
const SiteActive = "active"

const (
	// sitePageSize is the most that ListSites accepts as PageSize.
	sitePageSize = 500
	// sitePages ends the reading of a list that does not end.
	sitePages = 100
)

// The operation is a GET, so its parameters are in the query.
type listSitesRequest struct {
	*requests.RpcRequest
	SiteName       string `position:"Query" name:"SiteName"`
	SiteSearchType string `position:"Query" name:"SiteSearchType"`
	PageNumber     string `position:"Query" name:"PageNumber"`
	PageSize       string `position:"Query" name:"PageSize"`
}

type listSitesResponse struct {
	answer
	Sites []struct {
		SiteID         string `json:"SiteId"`
		SiteName       string
		Status         string
		AccessType     string
		NameServerList string
		Coverage       string
		PlanName       string
	}
	TotalCount string
}

// SitesNamed returns the sites of a name, which letter case does not matter for. There can be more than one: a site that
// moved to another account or plan stays in the list.
func (c *Client) SitesNamed(ctx context.Context, name string) ([]Site, error) {
	listed, _, err := pages[Site]{
		size: sitePageSize, count: sitePages,
		key: func(site Site) string { return site.SiteID },
		page: func(ctx context.Context, number int) ([]Site, int, error) {
			return c.listSitesPage(ctx, name, number)
		},
	}.list(ctx)
	if err != nil {
		return nil, err
	}
	var named []Site
	for _, site := range listed {
		// Whether the search is exact is contradictory.
		if strings.EqualFold(site.SiteName, name) {
			named = append(named, site)
		}
	}
	return named, nil
}

func (c *Client) listSitesPage(ctx context.Context, name string, page int) (sites []Site, total int, err error) {
	type counted struct {
		sites []Site
		total int
	}
	list, err := read(ctx, c, Target{},
		func() requests.AcsRequest {
			request := &listSitesRequest{
				RpcRequest: newRPCRequest("ListSites"), SiteName: name, SiteSearchType: "exact",
				PageNumber: strconv.Itoa(page), PageSize: strconv.Itoa(sitePageSize),
			}
			request.Method = requests.GET
			return request
		},
		func() *listSitesResponse { return &listSitesResponse{answer: newAnswer()} },
		func(response *listSitesResponse) (counted, error) {
			total, err := strconv.Atoi(response.TotalCount)
			if err != nil || response.Sites == nil && total > 0 {
				return counted{}, fmt.Errorf("it counts %q sites and lists %d", response.TotalCount, len(response.Sites))
			}
			list := counted{total: total}
			for _, site := range response.Sites {
				if site.SiteID == "" || site.SiteName == "" {
					return counted{}, errors.New("it has a site without a SiteId or SiteName")
				}
				list.sites = append(list.sites, Site{
					SiteID: site.SiteID, SiteName: site.SiteName, Status: site.Status, AccessType: site.AccessType,
					NameServers: nameServers(site.NameServerList), Coverage: site.Coverage, PlanName: site.PlanName,
				})
			}
			return list, nil
		},
	)
	return list.sites, list.total, err
}

// nameServers reads NameServerList, one text with commas.
func nameServers(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

// IsSiteMissing tells whether err is ESA's answer that the site does not exist. The codes are those that clients have
// seen; no reference page has them.
func IsSiteMissing(err error) bool {
	failure, ok := errors.AsType[*Error](err)
	return ok && !interrupted(err) && failure.HTTPStatus < 500 && failure.RequestID != "" &&
		HasCode(err, "SiteNotFound", "SiteNotFound.NotFound", "101", "32")
}
