// Package esa is a client of the routine operations of Alibaba Cloud's Edge Security Acceleration, API version 2024-09-10, built
// on alibaba-cloud-sdk-go in the idiom of that SDK's own services.
//
// It adds what the SDK lacks: a context for every call, HTTPS unless the endpoint is a loopback address, one connection pool, a
// limit for the size of answers, typed errors without secrets, retries, and no panic on any answer. A Client is safe for
// concurrent use.
package esa

import (
	"context"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	"golang.org/x/sync/semaphore"

	// Keeps DEBUG=sdk from making the SDK print signed requests.
	_ "terraform-provider-esa/internal/esa/sdkdebug"
)

// CredentialsProvider returns the access key that signs requests. The SDK has one for each kind of credentials.
type CredentialsProvider = credentials.CredentialsProvider

// Config configures a Client.
type Config struct {
	// Endpoint is the address of ESA, from [RegionEndpoint] or [ParseEndpoint].
	Endpoint *url.URL
	// Region is sent with every request, one of [Regions].
	Region string
	// Credentials signs the requests.
	Credentials CredentialsProvider
	// UserAgent precedes the SDK's own text in the User-Agent header.
	UserAgent string
	// Transport sends the requests. The default is [NewTransport].
	Transport http.RoundTripper
	// Retry sets the pauses between attempts. Its zero value means the defaults.
	Retry RetryPolicy
	// Observe is called after every attempt. It must not block, and may be nil.
	Observe func(ctx context.Context, attempt Attempt)
}

// Attempt describes one request for a log. It contains no secret.
type Attempt struct {
	// Operation is the API operation.
	Operation string
	// Target is the object of the call.
	Target Target
	// Number is the number of the attempt, from 1.
	Number int
	// Duration is the time from the request to the whole answer.
	Duration time.Duration
	// HTTPStatus is the status of the answer, 0 if there was none.
	HTTPStatus int
	// RequestID is ESA's id of the request, empty if ESA gave none.
	RequestID string
	// Err is the failure, nil if there was none.
	Err error
}

// Client calls ESA. Use [New] to make one.
type Client struct {
	config Config
	// credentialsTurn is held by the caller that asks for credentials.
	credentialsTurn *semaphore.Weighted
	limiter         limiter
	// routines and codeVersions are recent answers, by routine and by routine and code version.
	routines     shared[*Routine]
	codeVersions shared[*CodeVersion]
	// siteRoutes and relatedRecords are recent lists, by site and by routine.
	siteRoutes     shared[*List[Route]]
	relatedRecords shared[*List[RelatedRecord]]
	// turns holds a *semaphore.Weighted for each [Write.Serial].
	turns lazyMap[string, *semaphore.Weighted]
	// answered is set after the first answer of ESA. unreachable and uploadUnreachable record how long the endpoint and the
	// object store have not answered.
	answered          atomic.Bool
	unreachable       unreachable
	uploadUnreachable unreachable
}

// New returns a client. It does not call ESA.
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
