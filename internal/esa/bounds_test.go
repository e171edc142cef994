package esa_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"terraform-provider-esa/internal/esa"
)

// answered calls ESA in injected time, where every answer is the same, and returns how often it was asked.
func answered(t *testing.T, status int, body string, call func(context.Context, *esa.Client) error) (attempts int, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, "http://127.0.0.1:1", func(config *esa.Config) {
			config.Retry = esa.RetryPolicy{}
			config.Transport = served{http.HandlerFunc(func(writer http.ResponseWriter, _ *http.Request) {
				attempts++
				writer.WriteHeader(status)
				_, _ = io.WriteString(writer, body)
			})}
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err = call(ctx, client)
		<-time.After(time.Hour) // for the timers of calls that have ended
	})
	return attempts, err
}

// lists are the operations that list something, by the member that holds the list.
var lists = map[string]struct {
	member string
	call   func(context.Context, *esa.Client) (int, error)
}{
	"ListUserRoutines": {"Routines", func(ctx context.Context, client *esa.Client) (int, error) {
		list, err := client.ListUserRoutines(ctx, "")
		if err != nil {
			return 0, err
		}
		return len(list.Known), nil
	}},
	"ListRoutineCodeVersions": {"CodeVersions", func(ctx context.Context, client *esa.Client) (int, error) {
		list, err := client.ListRoutineCodeVersions(ctx, routine)
		if err != nil {
			return 0, err
		}
		return len(list.Known), nil
	}},
	"ListRoutineRelatedRecords": {"RelatedRecords", func(ctx context.Context, client *esa.Client) (int, error) {
		list, err := client.ListRoutineRelatedRecords(ctx, routine, 0)
		if err != nil {
			return 0, err
		}
		return len(list.Known), nil
	}},
	"ListRoutineRoutes": {"Configs", func(ctx context.Context, client *esa.Client) (int, error) {
		list, err := client.ListRoutineRoutes(ctx, routine)
		if err != nil {
			return 0, err
		}
		return len(list.Known), nil
	}},
	"ListSiteRoutes": {"Configs", func(ctx context.Context, client *esa.Client) (int, error) {
		list, err := client.ListSiteRoutes(ctx, "54362329990032", 0)
		if err != nil {
			return 0, err
		}
		return len(list.Known), nil
	}},
	"ListSites": {"Sites", func(ctx context.Context, client *esa.Client) (int, error) {
		list, err := client.SitesNamed(ctx, "example.com")
		return len(list), err
	}},
	"ListRoutineEnvironmentVariables": {"EnvironmentVariables", func(ctx context.Context, client *esa.Client) (int, error) {
		list, err := client.ListRoutineEnvironmentVariables(ctx, routine, esa.Production)
		if err != nil {
			return 0, err
		}
		return len(list.Known), nil
	}},
	"ListEdgeRoutineRecords": {"Records", func(ctx context.Context, client *esa.Client) (int, error) {
		bound, err := client.IsHostBound(ctx, "54362329990032", "www.example.com")
		if bound {
			return 1, err
		}
		return 0, err
	}},
}

// TestListsWithoutTheirMember answers a list without the member that holds it: that is an empty list if ESA counts nothing,
// and else no answer to believe.
func TestListsWithoutTheirMember(t *testing.T) {
	t.Parallel()
	for operation, list := range lists {
		empty := "[]"
		if operation == "ListRoutineEnvironmentVariables" {
			empty = "{}"
		}
		for body, want := range map[string]bool{
			`{"RequestId":"1","TotalCount":0}`:                                     true,
			`{"RequestId":"1","TotalCount":0,"` + list.member + `":` + empty + `}`: true,
			`{"RequestId":"1","TotalCount":1}`:                                     false,
			`{"RequestId":"1","TotalCount":2}`:                                     false,
			`{"RequestId":"1","TotalCount":2,"` + list.member + `":null}`:          false,
		} {
			count := 0
			_, err := answered(t, http.StatusOK, body, func(ctx context.Context, client *esa.Client) (err error) {
				count, err = list.call(ctx, client)
				return err
			})
			if (err == nil) != want || count != 0 {
				t.Errorf("%s answered %s: %d, %v", operation, body, count, err)
			}
		}
	}
}

// TestUploadFormsThatLackSomething leaves out each field of the form in turn.
func TestUploadFormsThatLackSomething(t *testing.T) {
	t.Parallel()
	fields := map[string]string{"Url": "https://bucket.oss-cn-hangzhou.aliyuncs.com", "Key": "k", "Policy": "p", "Signature": "s", "OSSAccessKeyId": "i"}
	reserve := func(ctx context.Context, client *esa.Client) error {
		_, err := client.CreateRoutineWithAssetsCodeVersion(ctx, client.TakeSlot(), esa.CodeVersionInput{Routine: routine})
		return err
	}
	for missing := range fields {
		var members []string
		for name, value := range fields {
			if name != missing {
				members = append(members, fmt.Sprintf("%q:%q", name, value))
			}
		}
		body := `{"RequestId":"1","CodeVersion":"1723599747213377175","OssPostConfig":{` + strings.Join(members, ",") + `}}`
		if _, err := answered(t, http.StatusOK, body, reserve); err == nil || !strings.Contains(err.Error(), "OssPostConfig") {
			t.Errorf("without %s: %v", missing, err)
		}
	}
}

// TestAnswersAtTheBounds answers with statuses at both sides of those of a redirect, and as much as is read at most.
func TestAnswersAtTheBounds(t *testing.T) {
	t.Parallel()
	get := func(ctx context.Context, client *esa.Client) error {
		_, err := client.GetRoutine(ctx, routine, 0)
		return err
	}
	for status, redirects := range map[int]bool{299: false, 300: true, 302: true, 399: true, 400: false} {
		if _, err := answered(t, status, "{}", get); err == nil || strings.Contains(err.Error(), "redirects to") != redirects {
			t.Errorf("status %d: %v", status, err)
		}
	}
	const most = 8 << 20
	whole := `{"RequestId":"1","RoutineName":"hello","CreateTime":"2026-01-01T00:00:00Z"`
	once := func(ctx context.Context, client *esa.Client) error {
		ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
		defer cancel()
		return get(ctx, client)
	}
	for length, tooLong := range map[int]bool{most: false, most + 1: true} {
		body := whole + strings.Repeat(" ", length-len(whole)-1) + "}"
		if _, err := answered(t, http.StatusOK, body, once); (err != nil) != tooLong || tooLong && !strings.Contains(err.Error(), "longer than") {
			t.Errorf("%d bytes: %v", length, err)
		}
	}
}

// TestEnvironmentsWithoutADeployment reads environments that name a version but show no deployment.
func TestEnvironmentsWithoutADeployment(t *testing.T) {
	t.Parallel()
	for environment, want := range map[string]string{
		`{"Env":"production"}`:                                                   "",
		`{"Env":"production","CodeVersion":"1"}`:                                 "production",
		`{"Env":"production","CanaryCodeVersion":"1"}`:                           "production",
		`{"Env":"production","CodeDeploy":{}}`:                                   "",
		`{"Env":"production","CodeVersion":"1","CodeDeploy":{"DeployId":""}}`:    "production",
		`{"Env":"production","CodeDeploy":{"DeployId":"2","CodeVersions":null}}`: "error",
	} {
		got := ""
		_, err := answered(t, http.StatusOK, `{"RequestId":"1","RoutineName":"hello","Envs":[`+environment+`]}`, func(ctx context.Context, client *esa.Client) error {
			found, err := client.GetRoutine(ctx, routine, 0)
			if err == nil {
				got = strings.Join(found.Published, " ")
				if found.Deployment(esa.Production) != nil {
					t.Errorf("%s shows a deployment", environment)
				}
			}
			return err
		})
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%s: published in %q, want %q (%v)", environment, got, want, err)
		}
	}
}

// TestIncompleteAnswers has an environment show a deployment without its code versions: a few reads later that is an error.
func TestIncompleteAnswers(t *testing.T) {
	t.Parallel()
	const body = `{"RequestId":"1","RoutineName":"hello","Envs":[{"Env":"production","CodeDeploy":{"DeployId":"2","CodeVersions":null}}]}`
	attempts, err := answered(t, http.StatusOK, body, func(ctx context.Context, client *esa.Client) error {
		_, err := client.GetRoutine(ctx, routine, 0)
		return err
	})
	if err == nil || attempts != esa.ReadsAtConflict {
		t.Errorf("%d attempts: %v; want %d", attempts, err, esa.ReadsAtConflict)
	}
}

// TestRoutesThatLackSomething lists routes without a member that each must have.
func TestRoutesThatLackSomething(t *testing.T) {
	t.Parallel()
	for route, want := range map[string]bool{
		`{"ConfigId":1,"SiteId":2,"RoutineName":"hello","RouteName":"x","Rule":"true","RouteEnable":"on"}`: true,
		`{"ConfigId":1,"SiteId":2,"RoutineName":"hello","RouteName":"x","Rule":"true"}`:                    false,
		`{"ConfigId":1,"RoutineName":"hello","RouteName":"x","Rule":"true","RouteEnable":"on"}`:            false,
		`{"SiteId":2,"RoutineName":"hello","RouteName":"x","Rule":"true","RouteEnable":"on"}`:              false,
	} {
		_, err := answered(t, http.StatusOK, `{"RequestId":"1","TotalCount":1,"Configs":[`+route+`]}`, func(ctx context.Context, client *esa.Client) error {
			_, err := client.ListRoutineRoutes(ctx, routine)
			return err
		})
		if (err == nil) != want {
			t.Errorf("%s: %v", route, err)
		}
	}
}
