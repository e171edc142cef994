// Package esasim is an ESA that runs on this machine: a stateful, strict
// simulator of the routine operations of Alibaba Cloud Edge Security
// Acceleration (product ESA, version 2024-09-10), for tests, for the demo and
// for work without an account.
//
// It keeps routines, their code versions and the deployments of their
// environments, checks both signatures that clients of the real service use,
// checks every parameter against the documented rules, and answers with the
// documented codes. It can be told to misbehave in each of the ways the real
// service, its gateways or the network do (see [Fault]), and it keeps a log of
// what it was asked (see [Simulator.Calls]). On the host name of a routine it
// answers visitors by the version that the live split gives them, well or badly
// (see [Simulator.SetErrorRate]).
//
// In a test:
//
//	server := esasim.Start(t)
//	server.AddRoutine("hello")
//	server.AddCodeVersion("hello", "1723599747213377175")
//	server.Inject(esasim.Rule{Operation: "GetRoutine", Fault: esasim.Throttled, Times: 2})
//
// Outside of Go, the command esasim in cmd/esasim serves the same simulator,
// and the admin path [AdminPath] takes the same rules as JSON.
//
// The package shares no code with the client it is used to test, so that a
// mistake in one shows against the other. Facts about the API come from the
// vendor's API reference, from its SDK (npm @alicloud/esa20240910 2.43.0) and
// from its command line (npm esa-cli 1.0.3); where those are silent, the choice
// made here is named in the comment beside it.
package esasim
