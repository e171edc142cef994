package route

import (
	"context"
	"time"

	"terraform-provider-esa/internal/esa"
	"terraform-provider-esa/internal/routerule"
)

// refreshMaxAge is the maximum age of the list of a site's routes in a read: one call is enough for all of its routes.
const refreshMaxAge = 15 * time.Second

// serial is the [esa.Write.Serial] of writes to the routes of a site.
func serial(siteID string) string {
	return "site " + siteID
}

// find returns a route, nil if the site has no route with this number.
func find(ctx context.Context, client *esa.Client, siteID, configID string, maxAge time.Duration) (*esa.Route, error) {
	if maxAge > 0 {
		list, err := client.ListSiteRoutes(ctx, siteID, maxAge)
		if err == nil {
			// The list may be incomplete.
			if route, _ := list.Find(func(route esa.Route) bool { return route.ConfigID == configID }); route != nil {
				return route, nil
			}
		}
		if err != nil && !esa.IsSiteMissing(err) && !esa.IsPermissionMissing(err) {
			return nil, err
		}
	}
	route, err := client.GetRoutineRoute(ctx, siteID, configID)
	if esa.IsRouteMissing(err) || esa.IsSiteMissing(err) {
		return nil, nil
	}
	return route, err
}

// create creates a route and returns its number. It fails if the site has a route with the same name, rule and routine, unless
// that one appears only after a lost answer.
func create(ctx context.Context, client *esa.Client, input esa.RouteInput) (configID string, err error) {
	_, err = esa.Guard(ctx, client, esa.Write[*esa.Route]{
		Operation: "CreateRoutineRoute",
		Target:    esa.Target{Routine: input.RoutineName, Site: input.SiteID},
		Serial:    serial(input.SiteID),
		Read: func(ctx context.Context, _ time.Duration) (*esa.Route, error) {
			list, err := client.ListSiteRoutes(ctx, input.SiteID, 0)
			if err != nil {
				return nil, err
			}
			return list.Find(func(route esa.Route) bool {
				return route.RoutineName == input.RoutineName && route.RouteName == input.RouteName && routerule.Same(route.Rule, input.Rule)
			})
		},
		Judge: func(same *esa.Route, over **esa.Route) (esa.Verdict, error) {
			switch {
			case same == nil:
				return esa.Permitted, nil
			case over != nil:
				configID = same.ConfigID
				return esa.Achieved, nil
			default:
				return esa.Conflicting, &existsError{configID: same.ConfigID}
			}
		},
		Send: func(ctx context.Context, slot *esa.Slot) (err error) {
			configID, err = client.CreateRoutineRoute(ctx, slot, input)
			return err
		},
		// The unanswered attempt may have created it. Then the list shows it.
		IsConflict: func(err error, unanswered bool) bool { return unanswered && esa.IsTaken(err) },
	})
	return configID, err
}

// update changes a route if it is as planned. Without a configured sequence, the route keeps its current place: other routes may
// have moved it.
func update(ctx context.Context, client *esa.Client, configID string, before, goal esa.RouteInput) error {
	sent := goal
	_, err := esa.Guard(ctx, client, esa.Write[*esa.Route]{
		Operation: "UpdateRoutineRoute",
		Target:    esa.Target{Routine: goal.RoutineName, Site: goal.SiteID, Route: configID},
		Serial:    serial(goal.SiteID),
		Read: func(ctx context.Context, _ time.Duration) (*esa.Route, error) {
			return find(ctx, client, goal.SiteID, configID, 0)
		},
		Judge: func(seen *esa.Route, _ **esa.Route) (esa.Verdict, error) {
			switch {
			case seen == nil:
				return esa.Conflicting, &changedError{}
			case shows(seen, goal) && isIn(seen, goal.Sequence):
				return esa.Achieved, nil
			case shows(seen, before) || shows(seen, goal):
				if goal.Sequence == nil {
					sent.Sequence = seen.Sequence
				}
				return esa.Permitted, nil
			default:
				return esa.Conflicting, &changedError{seen: seen}
			}
		},
		Send: func(ctx context.Context, slot *esa.Slot) error {
			return client.UpdateRoutineRoute(ctx, slot, configID, sent)
		},
	})
	return err
}

// remove deletes a route if it is as planned, and waits until ESA does not return it any more. It succeeds if the route does not exist.
func remove(ctx context.Context, client *esa.Client, configID string, before esa.RouteInput) error {
	written, err := esa.Guard(ctx, client, esa.Write[*esa.Route]{
		Operation: "DeleteRoutineRoute",
		Target:    esa.Target{Routine: before.RoutineName, Site: before.SiteID, Route: configID},
		Serial:    serial(before.SiteID),
		Read: func(ctx context.Context, _ time.Duration) (*esa.Route, error) {
			return find(ctx, client, before.SiteID, configID, 0)
		},
		Judge: func(seen *esa.Route, _ **esa.Route) (esa.Verdict, error) {
			switch {
			case seen == nil:
				return esa.Achieved, nil
			case shows(seen, before):
				return esa.Permitted, nil
			default:
				return esa.Conflicting, &changedError{seen: seen}
			}
		},
		Send: func(ctx context.Context, slot *esa.Slot) error {
			err := client.DeleteRoutineRoute(ctx, slot, before.SiteID, configID, before.RoutineName)
			if esa.IsRouteMissing(err) || esa.IsSiteMissing(err) {
				return nil
			}
			return err
		},
	})
	if err != nil || !written.Sent {
		return err
	}
	// The wait only helps a later create of the same route, so errors are ignored.
	_, _ = client.Poll(ctx, esa.ReadsAfterWrite, func() (bool, error) {
		seen, err := find(ctx, client, before.SiteID, configID, 0)
		return err == nil && seen == nil, err
	})
	return nil
}

// shows reports whether a route matches a description, as far as both have the attributes. Its sequence does not count, because
// it changes with other routes.
func shows(seen *esa.Route, described esa.RouteInput) bool {
	return seen.RoutineName == described.RoutineName && seen.RouteName == described.RouteName && routerule.Same(seen.Rule, described.Rule) &&
		seen.Enabled == described.Enabled && sameSwitch(seen.Bypass, described.Bypass) && sameSwitch(seen.Fallback, described.Fallback) &&
		(described.Timeout == 0 || seen.Timeout == 0 || seen.Timeout == described.Timeout)
}

func sameSwitch(shown, described *bool) bool {
	return shown == nil || described == nil || *shown == *described
}

// isIn reports whether a route has a sequence, as far as ESA returns it.
func isIn(seen *esa.Route, sequence *int) bool {
	return sequence == nil || seen.Sequence == nil || *seen.Sequence == *sequence
}

// await returns a written route as soon as ESA returns it, or the result of the last of enough reads, which may be nil.
func await(ctx context.Context, client *esa.Client, configID string, goal esa.RouteInput) (route *esa.Route, err error) {
	_, err = client.Poll(ctx, esa.ReadsAfterWrite, func() (bool, error) {
		route, err = find(ctx, client, goal.SiteID, configID, 0)
		return route != nil && shows(route, goal) && isIn(route, goal.Sequence), err
	})
	return route, err
}

// existsError means that the site already has the same route.
type existsError struct {
	configID string
}

func (e *existsError) Error() string {
	return "there is such a route already: " + e.configID
}

// changedError means that someone else has changed the route.
type changedError struct {
	// seen is the current route, nil if it does not exist.
	seen *esa.Route
}

func (e *changedError) Error() string {
	return "the route has changed since it was planned"
}
