package modeltest

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"terraform-provider-esa/internal/esasim"
	"terraform-provider-esa/internal/probe"
	"terraform-provider-esa/internal/provider"
)

// parallelism is how many resources Terraform works on at once.
const parallelism = 10

// Run is one run of Terraform, such as a plan or an apply. It may be used once for each.
type Run struct {
	World *World
	Name  string
	// Each says what happens to a call of this run, nil for nothing.
	Each func(*Call) Mishap
	// Visit answers a health check, nil for what the simulator answers.
	Visit func(context.Context, probe.Check) probe.Result

	// Diagnostics are what the run has said, Broken what no provider may do.
	Diagnostics []string
	Broken      []string
	// Received are the diagnostics as they came over the protocol.
	Received []*tfprotov6.Diagnostic
	// Failed says that there was an error among them.
	Failed bool

	mutex         sync.Mutex
	calls         int
	writes, looks int
	stopped       bool
	killed        bool
	started       time.Time
	server        tfprotov6.ProviderServer
	ctx           context.Context
	end           context.CancelFunc
}

// Stop is Ctrl-C: what is under way is asked to end, and nothing else begins.
func (r *Run) Stop() {
	r.mutex.Lock()
	r.stopped = true
	server := r.server
	r.mutex.Unlock()
	if server != nil {
		_, _ = server.StopProvider(context.Background(), &tfprotov6.StopProviderRequest{})
	}
}

// Kill ends Terraform and the provider at once: nothing reaches ESA any more, and nothing is saved.
func (r *Run) Kill() {
	r.mutex.Lock()
	r.killed = true
	end := r.end
	r.mutex.Unlock()
	if end != nil {
		end()
	}
}

// Over reports whether the run was stopped or killed.
func (r *Run) Over() bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.stopped || r.killed
}

// Killed reports whether the run was killed.
func (r *Run) Killed() bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.killed
}

// begin starts a provider process, as Terraform does for each phase; exit ends it.
func (r *Run) begin(applying bool) (exit func(), ok bool) {
	ctx, end := context.WithCancel(context.Background())
	wire := &Wire{World: r.World, Run: r.Name, Applying: applying, Number: r.number, Dead: ctx}
	server := provider.NewServer(provider.New("test", provider.WithTransport(wire), provider.WithProbe(r.visit))())
	r.mutex.Lock()
	if r.started.IsZero() {
		r.started = time.Now()
	}
	r.server, r.ctx, r.end = server, ctx, end
	killed := r.killed
	r.mutex.Unlock()
	exit = func() {
		end()
		r.mutex.Lock()
		r.server = nil
		r.mutex.Unlock()
	}
	if killed {
		return exit, false
	}
	typ := schemas().provider
	config := build(typ, map[string]any{
		"endpoint": "http://127.0.0.1:1", "access_key": esasim.AccessKeyID, "secret_key": esasim.AccessKeySecret, "region": "cn-hangzhou",
	}, nil)
	response, err := server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.11.4", Config: dynamic(config)})
	return exit, err == nil && r.hear("provider", response.Diagnostics)
}

// visit answers a health check of the provider.
func (r *Run) visit(ctx context.Context, check probe.Check) probe.Result {
	if r.Visit != nil {
		return r.Visit(ctx, check)
	}
	return r.World.Visit(ctx, check)
}

func (r *Run) number(call *Call) Mishap {
	r.mutex.Lock()
	r.calls++
	call.Number = r.calls
	switch {
	case call.IsWrite():
		r.writes++
		call.Write = r.writes
	case call.Applying && call.canBeStale():
		r.looks++
		call.Look = r.looks
	}
	each := r.Each
	r.mutex.Unlock()
	if each == nil {
		return Mishap{}
	}
	return each(call)
}

// hear notes diagnostics, and reports whether there is no error among them. A killed run hears nothing.
func (r *Run) hear(address string, diagnostics []*tfprotov6.Diagnostic) bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	ok := true
	for _, diagnostic := range diagnostics {
		if diagnostic.Severity == tfprotov6.DiagnosticSeverityError {
			ok = false
		}
		if !r.killed {
			r.Received = append(r.Received, diagnostic)
			r.Diagnostics = append(r.Diagnostics, fmt.Sprintf("%s: %s: %s: %s", diagnostic.Severity, address, diagnostic.Summary, diagnostic.Detail))
		}
	}
	r.Failed = r.Failed || !ok
	return ok && !r.killed
}

// complain notes what no provider may do.
func (r *Run) complain(address, format string, args ...any) bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if !r.killed {
		r.Broken = append(r.Broken, address+": "+fmt.Sprintf(format, args...))
	}
	r.Failed = true
	return false
}

// guard turns a panic of the provider into a complaint.
func (r *Run) guard(address string, act func(ctx context.Context) bool) (ok bool) {
	defer func() {
		if recovered := recover(); recovered != nil {
			ok = r.complain(address, "panic: %v\n%s", recovered, debug.Stack())
		}
	}()
	ctx, end := context.WithCancel(context.WithValue(r.ctx, addressKey{}, address))
	defer end()
	return act(ctx) && !r.Killed()
}

// step is a part of a walk.
type step struct {
	after []string
	act   func() bool
}

// walk takes steps, each after those that it names and several at once. Where a step fails, those after it are left out.
func (r *Run) walk(steps map[string]step) {
	type outcome struct {
		done chan struct{}
		ok   bool
	}
	outcomes := map[string]*outcome{}
	for name := range steps {
		outcomes[name] = &outcome{done: make(chan struct{})}
	}
	slots := make(chan struct{}, parallelism)
	for name, todo := range steps {
		go func() {
			mine := outcomes[name]
			defer close(mine.done)
			mine.ok = true
			for _, before := range todo.after {
				if other := outcomes[before]; other != nil {
					<-other.done
					mine.ok = mine.ok && other.ok
				}
			}
			r.World.takeTurn(r.ctx, r.Name+" "+name)
			slots <- struct{}{}
			defer func() { <-slots }()
			mine.ok = mine.ok && !r.Over() && todo.act()
		}()
	}
	for _, each := range outcomes {
		<-each.done
	}
}

// schema is what the provider says of its resources; it is asked once.
type schema struct {
	provider                      tftypes.Type
	resources, dataSources, lists map[string]*tfprotov6.Schema
}

var schemas = sync.OnceValue(func() schema {
	server := provider.NewServer(provider.New("test")())
	response, err := server.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
	for _, diagnostic := range response.Diagnostics {
		err = errors.Join(err, errors.New(diagnostic.Detail))
	}
	if err != nil {
		panic(err)
	}
	return schema{response.Provider.ValueType(), response.ResourceSchemas, response.DataSourceSchemas, response.ListResourceSchemas}
})

func typeOf(resource string) tftypes.Type { return schemas().resources[resource].ValueType() }

func dynamic(value tftypes.Value) *tfprotov6.DynamicValue {
	encoded, err := tfprotov6.NewDynamicValue(value.Type(), value)
	if err != nil {
		panic(err)
	}
	return &encoded
}

// value decodes what a provider answered, null if it answered nothing.
func value(resource string, encoded *tfprotov6.DynamicValue) tftypes.Value {
	if encoded == nil {
		return tftypes.NewValue(typeOf(resource), nil)
	}
	decoded, err := encoded.Unmarshal(typeOf(resource))
	if err != nil {
		panic(err)
	}
	return decoded
}

// TypeOf is the resource type in an address.
func TypeOf(address string) string {
	typ, _, _ := strings.Cut(address, ".")
	return typ
}
