package esasim

import "time"

// Option configures a simulator; see [New].
type Option func(*Simulator)

// WithKey makes the simulator know another access key, one that is used without
// a security token. It adds to the default pair.
func WithKey(accessKeyID, secret string) Option {
	return func(s *Simulator) { s.keys.allow(accessKeyID, secret, "") }
}

// WithSecurityToken makes the simulator know a temporary access key, as the
// token service (STS) hands them out: every request signed with it must carry
// the token. Without it the answer is MissingSecurityToken, with another one
// InvalidSecurityToken.MismatchWithAccessKey.
func WithSecurityToken(accessKeyID, secret, token string) Option {
	return func(s *Simulator) { s.keys.allow(accessKeyID, secret, token) }
}

// WithClock replaces the clock that gives creation times, upload policies and
// the rate limit their time. The time stamp of a signature is always judged by
// the clock of the machine, since that is what clients sign with.
func WithClock(clock func() time.Time) Option {
	return func(s *Simulator) { s.clock = clock }
}

// WithSeed fills the simulator with routines, code versions and deployments. It
// panics where the seed is wrong; [Seed.Validate] and [ParseSeed] tell beforehand.
func WithSeed(seed Seed) Option {
	return func(s *Simulator) { s.LoadSeed(seed) }
}

// WithLatency makes every answer of the API and of the upload take that much
// longer. The wait comes before the work, and a client that goes away meanwhile
// has asked for nothing.
func WithLatency(latency time.Duration) Option {
	return func(s *Simulator) { s.latency = latency }
}

// WithRateLimit limits the calls of each operation per second, with bursts of
// one second's worth: beyond them the answer is Throttling.User with HTTP status 429.
// The real limits are per account and per operation, about 100 calls a second.
func WithRateLimit(callsPerSecond int) Option {
	return func(s *Simulator) { s.limiter.perSecond = callsPerSecond }
}

// WithBuildPolls sets how many answers of GetRoutineCodeVersionInfo say "init"
// after an upload, before the version becomes "available". The default is 0:
// the build is done when the upload is.
func WithBuildPolls(polls int) Option {
	return func(s *Simulator) { s.buildPolls = polls }
}

// WithVersionQuota limits the code versions that a routine may have: beyond it, one more is refused, with the code
// that [VersionQuotaCode] chooses. The real limit is 5 or 10, by reports; the default is none.
func WithVersionQuota(quota int) Option {
	return func(s *Simulator) { s.versionQuota = quota }
}

// WithPlainDescriptions makes GetRoutine and ListUserRoutines answer the
// description of a routine as it was given. By default they answer it
// base64-encoded, as the samples of the API reference show it. For one operation
// there are [PlainDescriptions] and [EncodedDescriptions].
func WithPlainDescriptions() Option {
	return func(s *Simulator) { s.plainDescriptions = true }
}

// WithWriteLock makes a write fail with LockFailed while another write to the
// same routine or to the same site is in progress, as the real service does now and then. Combine it
// with [WithLatency], which makes writes long enough to meet.
func WithWriteLock() Option {
	return func(s *Simulator) { s.writeLock = true }
}

// WithAccountLock is [WithWriteLock] with one lock for all writes to the account: whether ESA has such a lock is not known.
func WithAccountLock() Option {
	return func(s *Simulator) { s.writeLock, s.accountLock = true, true }
}

// WithRoutineQuota limits the routines of the account: beyond it, CreateRoutine is refused with RoutineNumberExceedQuotaLimit.
// The default is the quota that ListUserRoutines names, without enforcing it.
func WithRoutineQuota(quota int) Option {
	return func(s *Simulator) { s.routineQuota = quota }
}

// WithCountsOnly keeps the numbers of calls but not the calls themselves, for
// benchmarks: [Simulator.Calls] stays empty, [Simulator.Count] works.
func WithCountsOnly() Option {
	return func(s *Simulator) { s.countsOnly = true }
}

// WithKeptUploadBytes sets up to which size, in bytes, [Simulator.Uploads] keeps
// the content of an upload beside its size and hash. The default is 1 MiB.
func WithKeptUploadBytes(limit int64) Option {
	return func(s *Simulator) { s.keepBytes = limit }
}

// WithOnChange calls save with the whole content of the simulator after each
// change, one call at a time and in order. The command esasim keeps its state
// file with it. Save must not call methods of the simulator.
func WithOnChange(save func(Seed)) Option {
	return func(s *Simulator) { s.onChange = save }
}
