package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"terraform-provider-esa/internal/esasim"
)

// usageError is a mistake in the arguments.
type usageError struct{ error }

// settings is what the arguments ask for.
type settings struct {
	listen      string
	staging     string
	addressFile string
	tls         bool
	authority   string
	seed        string
	state       string
	latency     time.Duration
	rateLimit   int
	buildPolls  int
	quota       int
	countsOnly  bool
	answers     []esasim.Option
}

const usage = `Usage: esasim [flags]

esasim is an ESA on this machine: it answers the routine operations of Alibaba
Cloud ESA (version 2024-09-10) on a loopback address, checks signatures and
parameters as the service does, and forgets everything at its end unless -state
names a file. It prints the environment variables that point a client at it.

A first try, with a seed file of one routine:

  {"routines": [{"name": "hello", "code_versions": [{"code_version": "1723599747213377175"}]}]}

  esasim -seed seed.json

Flags:
`

func parseSettings(arguments []string, stderr io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("esasim", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // main prints the error, once
	flags.StringVar(&s.listen, "listen", "127.0.0.1:8080", "loopback `address` to listen on; port 0 takes a free one")
	flags.StringVar(&s.staging, "staging", "", "another loopback `address`, where visitors of a routine meet its staging environment")
	flags.StringVar(&s.addressFile, "address-file", "", "`file` to write the URL to once it listens, removed at the end")
	flags.BoolVar(&s.tls, "tls", false, "serve HTTPS, with a certificate authority made for this run")
	flags.StringVar(&s.authority, "ca", "esasim-ca.pem", "with -tls: `file` to write the certificate authority to")
	flags.StringVar(&s.seed, "seed", "", "JSON `file` with the content to start with")
	flags.StringVar(&s.state, "state", "", "JSON `file` to keep the content in; where it is there already, it is loaded and -seed is not")
	flags.DurationVar(&s.latency, "latency", 0, "how much longer each answer takes, such as 50ms")
	flags.IntVar(&s.rateLimit, "rate-limit", 0, "`calls` of each operation that are taken per second; 0 means any number")
	flags.IntVar(&s.buildPolls, "build-polls", 0, "how many `answers` say that an uploaded version is still building")
	flags.IntVar(&s.quota, "version-quota", 0, "how many code `versions` a routine may have; 0 means any number")
	flags.Func("answer", "`question=answer` to something that no source settles, such as route-missing=empty; may be repeated", func(text string) error {
		question, answer, err := esasim.ParseAnswer(text)
		if err == nil {
			s.answers = append(s.answers, esasim.WithAnswer(question, answer))
		}
		return err
	})
	flags.BoolVar(&s.countsOnly, "counts-only", false, "count the calls but do not keep them, for long runs")
	switch err := flags.Parse(arguments); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stderr, usage)
		flags.SetOutput(stderr)
		flags.PrintDefaults()
		return s, err
	case err != nil:
		return s, usageError{err}
	}
	switch {
	case flags.NArg() > 0:
		return s, usageError{fmt.Errorf("unexpected argument %q", flags.Arg(0))}
	case s.latency < 0 || s.rateLimit < 0 || s.buildPolls < 0 || s.quota < 0:
		return s, usageError{errors.New("-latency, -rate-limit, -build-polls and -version-quota cannot be negative")}
	}
	return s, nil
}

// options turns the settings into those of the simulator, reading the files.
func (s settings) options(stderr io.Writer) ([]esasim.Option, error) {
	options := []esasim.Option{
		esasim.WithLatency(s.latency),
		esasim.WithRateLimit(s.rateLimit),
		esasim.WithBuildPolls(s.buildPolls),
		esasim.WithVersionQuota(s.quota),
	}
	if s.countsOnly {
		options = append(options, esasim.WithCountsOnly())
	}
	seed, err := s.content()
	if err != nil {
		return nil, err
	}
	if s.state != "" {
		options = append(options, esasim.WithOnChange(func(content esasim.Seed) {
			if err := saveState(s.state, content); err != nil {
				fmt.Fprintf(stderr, "esasim: -state: the change is not kept: %v\n", err)
			}
		}))
		if err := saveState(s.state, seed); err != nil {
			return nil, fmt.Errorf("-state: %w", err)
		}
	}
	return append(append(options, esasim.WithSeed(seed)), s.answers...), nil
}

// content is what to start with: the state of the last run, or the seed, or nothing.
func (s settings) content() (esasim.Seed, error) {
	if s.state != "" {
		seed, err := readSeed(s.state)
		if err == nil {
			return seed, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return seed, fmt.Errorf("-state: %w", err)
		}
	}
	if s.seed == "" {
		return esasim.Seed{}, nil
	}
	seed, err := readSeed(s.seed)
	if err != nil {
		return seed, fmt.Errorf("-seed: %w", err)
	}
	return seed, nil
}

func readSeed(path string) (esasim.Seed, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return esasim.Seed{}, err
	}
	seed, err := esasim.ParseSeed(text)
	if err != nil {
		return seed, fmt.Errorf("%s: %w", path, err)
	}
	return seed, nil
}
