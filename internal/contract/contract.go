// Package contract asks ESA what no source tells, and records the answers: what the safety of a release rests on, such as that
// each deployment has an id of its own, and the questions that the simulator answers by assumption. Whoever has an account can
// record them with one command; without one, the simulator answers.
//
// It works on a routine of its own, whose name no one else has, and deletes it. On a site, where one is given, it works with a
// route and a host name of its own.
package contract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Record is what one run has found out.
type Record struct {
	// Time is when it began, and Endpoint what was asked.
	Time     time.Time `json:"time"`
	Endpoint string    `json:"endpoint"`
	// Facts are the answers, in the order in which they were asked for.
	Facts []Fact `json:"facts"`
}

// Fact is the answer to one question.
type Fact struct {
	// ID names the question. Where the simulator can give several answers, it is the name of its -answer flag.
	ID string `json:"id"`
	// Answer is in the terms of the simulator if it knows the answer, empty if the question was not asked.
	Answer string `json:"answer"`
	// NotAsked says why there is no answer.
	NotAsked string `json:"not_asked,omitempty"`
	// Calls are what the answer rests on.
	Calls []Call `json:"calls,omitempty"`
}

// Call is one call of an operation and what came of it, without secrets.
type Call struct {
	Operation  string            `json:"operation"`
	Parameters map[string]string `json:"parameters,omitempty"`
	HTTPStatus int               `json:"http_status"`
	// Code is that of an error, empty for a success.
	Code string `json:"code,omitempty"`
	Body string `json:"body"`

	raw string // the body with what is not recorded
}

// Decode reads the body of a success. Numbers stay as they are written.
func (c Call) Decode(into any) error {
	if c.Code != "" || c.HTTPStatus != 200 {
		return fmt.Errorf("%s: HTTP %d %s: %s", c.Operation, c.HTTPStatus, c.Code, c.Body)
	}
	decoder := json.NewDecoder(strings.NewReader(c.raw))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", c.Operation, err)
	}
	return nil
}

// Answer returns a fact by its id, empty if it is not known.
func (r Record) Answer(id string) string {
	at := slices.IndexFunc(r.Facts, func(fact Fact) bool { return fact.ID == id })
	if at < 0 {
		return ""
	}
	return r.Facts[at].Answer
}

// Differences says in which answers a record differs from another one, a line each. What was not asked does not count.
func (r Record) Differences(other Record) (lines []string) {
	for _, fact := range r.Facts {
		if there := other.Answer(fact.ID); fact.Answer != "" && there != "" && fact.Answer != there {
			lines = append(lines, fmt.Sprintf("%s: %q, there %q", fact.ID, fact.Answer, there))
		}
	}
	return lines
}

// API makes calls. The parameters of an operation that reads with GET go into the query.
type API interface {
	Call(ctx context.Context, operation string, parameters map[string]string) (Call, error)
	// Upload sends code to where a reserved version wants it.
	Upload(ctx context.Context, form map[string]string, code []byte) (Call, error)
}

// Settings are what a run is made with.
type Settings struct {
	// Routine is a name that no routine of the account has.
	Routine string
	// Site is the id of a site of the account and Host a host name on it that has no record, both empty to leave out what needs
	// them.
	Site, Host string
	// Pause is how long to wait between two reads of the same thing.
	Pause time.Duration
	// Progress is called with each question before it is asked.
	Progress func(id string)
}

// Run asks every question and deletes what it made, also where ctx ends. An error is about a call that should have succeeded;
// the record has what was found out before.
func Run(ctx context.Context, api API, settings Settings) (record Record, err error) {
	r := &run{api: api, Settings: settings}
	record.Time = time.Now().UTC().Truncate(time.Second)
	defer func() {
		cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		err = errors.Join(err, r.cleanUp(cleanup))
	}()
	for _, question := range questions {
		fact := Fact{ID: question.id}
		if question.needsSite && settings.Site == "" {
			fact.NotAsked = "it needs a site"
			record.Facts = append(record.Facts, fact)
			continue
		}
		if settings.Progress != nil {
			settings.Progress(question.id)
		}
		r.calls = nil
		fact.Answer, err = question.ask(ctx, r)
		fact.Calls = r.calls
		record.Facts = append(record.Facts, fact)
		if err != nil {
			return record, fmt.Errorf("%s: %w", question.id, err)
		}
	}
	return record, nil
}
