// Package modeltest runs the provider as Terraform does, in process and in injected time, against the simulator: an
// account with a journal of everything that happened to it ([World]), the way between provider and ESA with all that can
// go wrong on it ([Wire]), and as much of Terraform core as decides what a provider is asked ([Workspace], [Run]).
//
// It is a harness for tests: nothing of it is compiled into the provider. Everything is meant to run in a bubble of
// testing/synctest, where minutes of retries and pacing take milliseconds.
package modeltest
