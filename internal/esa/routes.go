package esa

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Route sends the requests of one site that match a rule to a routine.
type Route struct {
	// ConfigID is the number of the route.
	ConfigID string
	// SiteID is the number of its site.
	SiteID string
	// SiteName is the site's domain; only [Client.ListRoutineRoutes] knows it.
	SiteName string
	// RoutineName is the routine that the requests go to.
	RoutineName string
	// RouteName is a label. It need not be unique.
	RouteName string
	// Rule is the expression that a request must match, as returned by ESA.
	Rule string
	// Enabled is RouteEnable: whether the route is in use.
	Enabled bool
	// Bypass and Fallback are nil if ESA does not say.
	Bypass, Fallback *bool
	// Sequence is its place in the order of evaluation, a lower one first, nil if ESA does not return it.
	Sequence *int
	// Timeout is in seconds, 0 if ESA does not say.
	Timeout int
	// Mode is "simple" or "custom", empty if ESA does not say.
	Mode string
}

// RouteInput are the parameters to create or update a route. ESA decides those that are nil or 0.
type RouteInput struct {
	// SiteID is the site whose requests the route is about.
	SiteID string
	// RoutineName, RouteName and Rule are as in [Route].
	RoutineName, RouteName, Rule string
	// Enabled is RouteEnable.
	Enabled bool
	// Bypass and Fallback are as in [Route].
	Bypass, Fallback *bool
	// Sequence is the place in the order of evaluation; without one, a new route goes to the end.
	Sequence *int
	// Timeout is in seconds, from 5 to 60.
	Timeout int
}

// call is CreateRoutineRoute or UpdateRoutineRoute. Its parameters stand in the body, where a rule of 4 KB has room; the
// reference has them in the query, which ESA does not insist on.
func (i RouteInput) call(operation, configID string) call {
	sequence, timeout := "", ""
	if i.Sequence != nil {
		sequence = strconv.Itoa(*i.Sequence)
	}
	if i.Timeout != 0 {
		timeout = strconv.Itoa(i.Timeout)
	}
	return call{
		operation: operation, target: Target{Routine: i.RoutineName, Site: i.SiteID, Route: configID},
		parameters: parameters{
			"SiteId": i.SiteID, "ConfigId": configID, "RoutineName": i.RoutineName, "RouteName": i.RouteName, "RouteEnable": onOff(&i.Enabled),
			"Rule": i.Rule, "Bypass": onOff(i.Bypass), "Fallback": onOff(i.Fallback), "Sequence": sequence, "Timeout": timeout,
		}.given(),
	}
}

// onOff formats a switch in the format of the ESA API, empty if it is not set.
func onOff(value *bool) string {
	switch {
	case value == nil:
		return ""
	case *value:
		return "on"
	default:
		return "off"
	}
}

// switched parses a switch, nil if ESA does not return it.
func switched(name, value string) (*bool, error) {
	switch strings.ToLower(value) {
	case "":
		return nil, nil
	case "on":
		return new(true), nil
	case "off":
		return new(false), nil
	}
	return nil, fmt.Errorf("its %s is %q, neither on nor off", name, value)
}

type createRoutineRouteResponse struct {
	answer
	ConfigID string `json:"ConfigId"`
}

// CreateRoutineRoute creates a route and returns its number. It makes one attempt, like [Client.CreateRoutine]: another one may
// create a second route, so after a lost answer the routes of the site show whether it is needed.
func (c *Client) CreateRoutineRoute(ctx context.Context, slot *Slot, input RouteInput) (configID string, err error) {
	return once(ctx, c, slot, input.call("CreateRoutineRoute", ""), func(response *createRoutineRouteResponse) (string, error) {
		if response.ConfigID == "" {
			return "", errors.New("it has no ConfigId")
		}
		return response.ConfigID, nil
	})
}

// UpdateRoutineRoute changes a route. Whether ESA keeps or resets what is left out is not documented. It makes one attempt, like
// [Client.CreateRoutine]; another one does no harm.
func (c *Client) UpdateRoutineRoute(ctx context.Context, slot *Slot, configID string, input RouteInput) error {
	return c.write(ctx, slot, input.call("UpdateRoutineRoute", configID))
}

// DeleteRoutineRoute deletes a route. It makes one attempt, like [Client.CreateRoutine]; another one does no harm. See
// [IsRouteMissing] for a route that is gone already. The routine is named for the log.
func (c *Client) DeleteRoutineRoute(ctx context.Context, slot *Slot, siteID, configID, routine string) error {
	return c.write(ctx, slot, routeCall("DeleteRoutineRoute", siteID, configID, routine))
}

// routeCall is an operation whose only parameters are a site and a route.
func routeCall(operation, siteID, configID, routine string) call {
	return call{
		operation: operation, target: Target{Routine: routine, Site: siteID, Route: configID},
		inQuery: true, parameters: parameters{"SiteId": siteID, "ConfigId": configID},
	}
}

// routeInfo is a route in the format of the ESA API. The SDK converts numbers to text exactly.
type routeInfo struct {
	ConfigID    string `json:"ConfigId"`
	SiteID      string `json:"SiteId"`
	SiteName    string
	RoutineName string
	RouteName   string
	RouteEnable string
	Rule        string
	Bypass      string
	Fallback    string
	Sequence    string
	Timeout     string
	Mode        string
}

// route converts a route.
func (i routeInfo) route() (*Route, error) {
	if i.ConfigID == "" || i.RoutineName == "" {
		return nil, errors.New("it has a route without a ConfigId or RoutineName")
	}
	route := &Route{
		ConfigID: i.ConfigID, SiteID: i.SiteID, SiteName: i.SiteName, RoutineName: i.RoutineName, RouteName: i.RouteName, Rule: i.Rule, Mode: i.Mode,
	}
	enabled, err := switched("RouteEnable", i.RouteEnable)
	if err == nil && enabled == nil {
		err = errors.New("its RouteEnable is empty")
	}
	if err != nil {
		return nil, err
	}
	route.Enabled = *enabled
	if route.Bypass, err = switched("Bypass", i.Bypass); err != nil {
		return nil, err
	}
	if route.Fallback, err = switched("Fallback", i.Fallback); err != nil {
		return nil, err
	}
	if route.Sequence, err = number("Sequence", i.Sequence); err != nil {
		return nil, err
	}
	timeout, err := number("Timeout", i.Timeout)
	if timeout != nil {
		route.Timeout = *timeout
	}
	return route, err
}

// number parses a whole number, nil if ESA does not return it.
func number(name, value string) (*int, error) {
	if value == "" {
		return nil, nil
	}
	number, err := strconv.Atoi(value)
	if err != nil {
		return nil, fmt.Errorf("its %s is %q, not a whole number", name, value)
	}
	return &number, nil
}

type getRoutineRouteResponse struct {
	answer
	routeInfo
}

// errNoRoute means that an answer of ESA lacks the route.
var errNoRoute = errors.New("ESA answered without a route: it does not exist")

// GetRoutineRoute returns a route. [IsRouteMissing] reports whether the error means that it does not exist.
func (c *Client) GetRoutineRoute(ctx context.Context, siteID, configID string) (*Route, error) {
	route, err := read(ctx, c, routeCall("GetRoutineRoute", siteID, configID, ""), func(response *getRoutineRouteResponse) (*Route, error) {
		if (response.routeInfo == routeInfo{}) {
			return nil, nil
		}
		// The answer may omit the site and the route, but must not be about others.
		if response.ConfigID != "" && response.ConfigID != configID {
			return nil, fmt.Errorf("it is about route %s", response.ConfigID)
		}
		response.ConfigID, response.SiteID = configID, siteID
		return response.route()
	})
	if err == nil && route == nil {
		return nil, fmt.Errorf("GetRoutineRoute (site %s, route %s): %w", siteID, configID, errNoRoute)
	}
	return route, err
}

// IsRouteMissing reports whether err can be read as "no such route". How ESA says that is not documented: with a code that ends
// in NotExist or NotFound, or with an answer that has no route in it. That its site is gone is not meant; see [IsSiteMissing].
func IsRouteMissing(err error) bool {
	return errors.Is(err, errNoRoute) || isMissing(err)
}

// isMissing reports whether err is an answer whose code says that what the call is about does not exist, and not its routine, its
// site or the operation.
func isMissing(err error) bool {
	failure, ok := errors.AsType[*Error](err)
	return ok && !interrupted(err) && failure.RequestID != "" && IsVersionMissing(err) && !IsSiteMissing(err)
}

// routePages has the largest pages that the lists of routes accept, and more than enough: all rules of a site are 512 KB at most.
var routePages = pages[Route]{
	what: "routes", size: 500, count: 100,
	key: func(route Route) string { return route.ConfigID },
}

type listRoutesResponse struct {
	counted

	Configs []routeInfo
}

// ListRoutineRoutes returns the routes to a routine, of all sites.
func (c *Client) ListRoutineRoutes(ctx context.Context, routine string) (*List[Route], error) {
	return c.listRoutes(ctx, call{
		operation: "ListRoutineRoutes", target: Target{Routine: routine}, inQuery: true, parameters: parameters{"RoutineName": routine},
	})
}

// ListSiteRoutes returns the routes of a site. It may use an answer that is up to maxAge old, so that one call is enough for all
// routes of a site, but never one from before a write of this client to the site. Callers share the result and must not change
// it.
func (c *Client) ListSiteRoutes(ctx context.Context, siteID string, maxAge time.Duration) (*List[Route], error) {
	// The filters of this operation do not work.
	call := call{operation: "ListSiteRoutes", target: Target{Site: siteID}, inQuery: true, parameters: parameters{"SiteId": siteID}}
	return c.siteRoutes.get(ctx, call, maxAge, func(ctx context.Context) (*List[Route], error) { return c.listRoutes(ctx, call) })
}

// listRoutes reads a list of routes, which are of the site that was asked for or name their own.
func (c *Client) listRoutes(ctx context.Context, call call) (*List[Route], error) {
	return listAll(ctx, c, call, routePages, func(response *listRoutesResponse) ([]Route, error) {
		return each(response.Configs, func(info routeInfo) (Route, error) {
			info.SiteID = cmp.Or(call.target.Site, info.SiteID)
			route, err := info.route()
			if err == nil && route.SiteID == "" {
				err = fmt.Errorf("its route %s has no SiteId", route.ConfigID)
			}
			if err != nil {
				return Route{}, err
			}
			return *route, nil
		})
	})
}
