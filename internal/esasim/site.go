package esasim

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Site is one site of the account. The simulator has no operation that makes or
// deletes one: sites come from a seed or from [Simulator.AddSite].
type Site struct {
	// ID is generated if it is empty.
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
	// Status is pending, active, offline or moved; active where it is empty.
	Status string `json:"status,omitempty"`
	// AccessType is NS or CNAME; NS where it is empty.
	AccessType string `json:"access_type,omitempty"`
	// Coverage is domestic, global or overseas; overseas where it is empty.
	Coverage string `json:"coverage,omitempty"`
	// Plan is the plan's name. Rules with regular expressions are refused where it is "basic" or "entrance".
	Plan          string            `json:"plan,omitempty"`
	InstanceID    string            `json:"instance_id,omitempty"`
	ResourceGroup string            `json:"resource_group,omitempty"`
	NameServers   []string          `json:"name_servers,omitempty"`
	Tags          map[string]string `json:"tags,omitempty"`
	// DNSRecords are the host names that have an ordinary DNS record in the site.
	DNSRecords []string  `json:"dns_records,omitempty"`
	CreateTime time.Time `json:"create_time,omitzero"`
}

var (
	siteStatuses    = []string{"pending", "active", "offline", "moved"}
	siteAccessTypes = []string{"NS", "CNAME"}
	siteCoverages   = []string{"domestic", "global", "overseas"}
)

// site finds the site that a request is about.
func (s *Simulator) site(q *request) (Site, *apiError) {
	id, err := q.id("SiteId")
	if err != nil {
		return Site{}, err
	}
	at := slices.IndexFunc(s.store.sites, func(site Site) bool { return site.ID == id })
	if at < 0 {
		return Site{}, refuse(s.says(SiteMissing), "there is no site %s", id)
	}
	return s.store.sites[at], nil
}

// activeSite is site for what only an active site takes.
func (s *Simulator) activeSite(q *request) (Site, *apiError) {
	site, err := s.site(q)
	if err == nil && site.Status != "active" {
		err = refuse(codeInvalidParameter, "site %s is %s, not active", site.ID, site.Status)
	}
	return site, err
}

// addSite adds a site. The caller holds the mutex.
func (s *Simulator) addSite(site Site) (string, error) {
	site.Status = cmp.Or(site.Status, "active")
	site.AccessType = cmp.Or(site.AccessType, "NS")
	site.Coverage = cmp.Or(site.Coverage, "overseas")
	if site.AccessType == "NS" && site.NameServers == nil {
		site.NameServers = []string{"ns1.example.invalid", "ns2.example.invalid"}
	}
	site.CreateTime = orTime(site.CreateTime, s.clock().UTC())
	for _, field := range []struct {
		name, value string
		values      []string
	}{
		{"status", site.Status, siteStatuses}, {"access_type", site.AccessType, siteAccessTypes}, {"coverage", site.Coverage, siteCoverages},
	} {
		if !slices.Contains(field.values, field.value) {
			return "", fmt.Errorf("%s must be one of %q, got: %q", field.name, field.values, field.value)
		}
	}
	if !hostName.MatchString(site.Name) {
		return "", fmt.Errorf("name must be a domain name in lower case, got: %q", site.Name)
	}
	if site.ID == "" {
		site.ID = strconv.FormatInt(s.store.numbers.next(siteID), 10)
	}
	if err := s.store.useNumber(siteID, site.ID); err != nil {
		return "", err
	}
	if slices.ContainsFunc(s.store.sites, func(other Site) bool { return other.ID == site.ID }) {
		return "", fmt.Errorf("there is a site %s already", site.ID)
	}
	s.store.sites = append(s.store.sites, site)
	return site.ID, nil
}

// listSites is ListSites, oldest first.
func (s *Simulator) listSites(q *request) (object, *apiError) {
	page, size, err := q.page(100000, 500, 500)
	if err != nil {
		return nil, err
	}
	for name, values := range map[string][]string{
		"SiteSearchType": {"exact", "prefix", "suffix", "fuzzy"}, "Status": siteStatuses, "AccessType": siteAccessTypes,
		"Coverage": siteCoverages, "OrderBy": {"gmtCreate", "visitTime"},
	} {
		if _, err := q.oneOf(name, values...); err != nil {
			return nil, err
		}
	}
	enterprise, err := q.flag("OnlyEnterprise")
	if err != nil {
		return nil, err
	}
	var tags []struct{ Key, Value string }
	if text := q.get("TagFilter"); text != "" {
		if err := decodeParameter("TagFilter", text, &tags); err != nil {
			return nil, err
		}
	}
	search := cmp.Or(q.get("SiteSearchType"), s.says(SiteNameSearch))
	var found []any
	for _, site := range s.store.sites {
		fits := matchesName(site.Name, q.get("SiteName"), search) &&
			q.allows("Status", site.Status) && q.allows("AccessType", site.AccessType) && q.allows("Coverage", site.Coverage) &&
			q.allows("ResourceGroupId", site.ResourceGroup) && q.allows("PlanSubscribeType", site.Plan) &&
			(!enterprise || strings.Contains(site.Plan, "enterprise"))
		for _, tag := range tags {
			value, tagged := site.Tags[tag.Key]
			fits = fits && tagged && (tag.Value == "" || tag.Value == value)
		}
		if fits {
			found = append(found, site.show())
		}
	}
	return object{"Sites": pageOf(found, page, size), "TotalCount": len(found), "PageNumber": page, "PageSize": size}, nil
}

func matchesName(name, wanted, search string) bool {
	name, wanted = strings.ToLower(name), strings.ToLower(wanted)
	switch {
	case wanted == "":
		return true
	case search == "prefix":
		return strings.HasPrefix(name, wanted)
	case search == "suffix":
		return strings.HasSuffix(name, wanted)
	case search == "fuzzy":
		return strings.Contains(name, wanted)
	}
	return name == wanted
}

func (site Site) show() object {
	tags := object{}
	for _, key := range slices.Sorted(maps.Keys(site.Tags)) {
		tags[key] = site.Tags[key]
	}
	shown := object{
		"SiteId":          numberID(site.ID),
		"SiteName":        site.Name,
		"Status":          site.Status,
		"AccessType":      site.AccessType,
		"Coverage":        site.Coverage,
		"PlanName":        site.Plan,
		"PlanSpecName":    site.Plan,
		"InstanceId":      site.InstanceID,
		"ResourceGroupId": site.ResourceGroup,
		"NameServerList":  strings.Join(site.NameServers, ","),
		"VerifyCode":      "verify_" + site.ID,
		"Tags":            tags,
		"CreateTime":      stamp(site.CreateTime),
		"UpdateTime":      stamp(site.CreateTime),
		"VisitTime":       stamp(site.CreateTime),
	}
	if site.AccessType == "CNAME" {
		shown["CnameZone"] = "cname-zone.example.invalid"
	}
	return shown
}
