// Package esa is a client of the routine operations of Alibaba Cloud's Edge Security Acceleration, API version
// 2024-09-10, built on alibaba-cloud-sdk-go in the idiom of that SDK's own services.
//
// What the SDK lacks is added here: a context on every call, HTTPS unless the endpoint is loopback, one pool of
// connections, a limit on the size of answers, typed errors without secrets, retries, and no panic whatever is answered.
// A Client is safe for concurrent use.
package esa

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	"golang.org/x/sync/semaphore"

	// Keeps DEBUG=sdk from making the SDK print signed requests.
	_ "terraform-provider-esa/internal/esa/sdkdebug"
)

// CredentialsProvider hands out the access key that requests are signed with; the SDK has one for every way in.
type CredentialsProvider = credentials.CredentialsProvider

// Config is what a Client needs to know.
type Config struct {
	// Endpoint is where ESA answers, from [RegionEndpoint] or [ParseEndpoint].
	Endpoint *url.URL
	// Region is sent with every request, one of [Regions].
	Region string
	// Credentials signs the requests.
	Credentials CredentialsProvider
	// UserAgent is put before the SDK's own words in the User-Agent header.
	UserAgent string
	// Transport carries the requests, nil for one with this package's timeouts and connection limits.
	Transport http.RoundTripper
	// Retry sets the pauses between attempts; its zero value means the defaults.
	Retry RetryPolicy
	// Observe is called with every attempt after it ended; nil for none. It must not block.
	Observe func(ctx context.Context, attempt Attempt)
}

// Attempt is one request as it went, for a log. It holds no secret.
type Attempt struct {
	// Operation is the API operation.
	Operation string
	// Target is what the call is about.
	Target Target
	// Number counts the attempts of one call from 1.
	Number int
	// Duration is the time from the request to the whole answer.
	Duration time.Duration
	// HTTPStatus is the status of the answer, 0 if none came.
	HTTPStatus int
	// RequestID is ESA's id of the request, empty if ESA gave none.
	RequestID string
	// Err is what went wrong, nil if nothing did.
	Err error
}

// Client calls ESA. Use [New] to make one.
type Client struct {
	config Config
	// credentialsTurn is held while someone asks for credentials.
	credentialsTurn *semaphore.Weighted
	limiter         limiter
	// routines and codeVersions are what was answered of late, by the name of the routine and by both names.
	routines     shared[*Routine]
	codeVersions shared[*CodeVersion]
	// siteRoutes are the routes by site, and relatedRecords the records by routine.
	siteRoutes     shared[*List[Route]]
	relatedRecords shared[*List[RelatedRecord]]
	// turns are the writes that are under way, by what they are serialised over: a *semaphore.Weighted each.
	turns sync.Map
	// answered is set once the endpoint has answered as ESA does; unreachable is since when it has not, and uploadUnreachable
	// the same of the object store.
	answered          atomic.Bool
	unreachable       unreachable
	uploadUnreachable unreachable
}

// New returns a client. It makes no call.
func New(config Config) *Client {
	config.Retry = config.Retry.withDefaults()
	if config.Transport == nil {
		config.Transport = NewTransport()
	}
	if config.Observe == nil {
		config.Observe = func(context.Context, Attempt) {}
	}
	config.Observe = concealing(config.Observe)
	return &Client{config: config, credentialsTurn: semaphore.NewWeighted(1)}
}
