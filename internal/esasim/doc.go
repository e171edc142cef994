// Package esasim is an ESA that runs on this machine: a stateful, strict
// simulator of the routine operations, and of the variables, routes, records and
// sites around them, of Alibaba Cloud Edge Security
// Acceleration (product ESA, version 2024-09-10), for tests, for the demo and
// for work without an account.
//
// It keeps routines, their code versions and variables, the deployments of their
// environments, sites, routes and related records, checks both signatures that clients of the real service use,
// checks every parameter against the documented rules, and answers with the
// documented codes. It can give fault responses in each of the ways the real
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
//
// # What no source settles
//
// Each open question has a switch: [WithAnswer], the member answers of a seed, or
// the command's -answer flag. The first answer is the default. In parentheses
// stands what the default rests on: documented by the vendor's reference pages or
// user guide, seen in a client or a live answer, inferred from either, or guessed.
//
//	listed-secret         value | mask | empty | absent (guessed)
//	                      what ListRoutineEnvironmentVariables shows as the Value of a secret
//	variable-times        shown | absent (seen)
//	                      whether a listed variable has CreatedAt and UpdatedAt
//	absent-type           plain_text | refused (guessed)
//	                      what a variable without a Type is
//	too-many-variables    refused | left-out | taken (guessed)
//	                      what Set does with the 51st variable of an environment
//	bad-key               refused | left-out | taken (guessed)
//	                      what Set does with a key that is too long, of other characters, or reserved
//	bad-value             refused | left-out | taken (guessed)
//	                      what Set does with a value over 200 UTF-16 units, or an empty secret
//	type-change           replaced | refused | left-out (guessed)
//	                      what Set does with a variable that has the other Type
//	unknown-variable      failed | deleted | left-out | refused (guessed)
//	                      what Delete does with a key that is not there
//	orphaned-variables    deleted | kept (guessed)
//	                      what becomes of the variables of a deleted routine
//	variable-page         50 | 100 | at-most-20 (guessed)
//	                      the largest PageSize of the list; at-most-20 takes any and lists 20
//	snapshot-time         reserved | built (guessed)
//	                      when a version takes the variables of its DeployEnv
//	other-environment     allowed | refused (guessed)
//	                      whether a version may be deployed to another environment than its DeployEnv
//	mixed-snapshots       allowed | refused (guessed)
//	                      whether versions of different DeployEnv may be deployed together
//	empty-snapshot        false | true (guessed)
//	                      HasEnvVars of a version whose DeployEnv has no variables
//	version-binding       empty | absent-if-none | absent (inferred)
//	                      what a listed version without DeployEnv shows; absent: what every one shows
//	version-quota-code    CodeVersionNumberExceedQuotaLimit | QuotaExceeded | InvalidParameter (guessed)
//	                      the code beside the message that the quota of versions is used up
//	route-missing         empty | RouteNotExist | InvalidConfig.NotFound (inferred)
//	                      what Get says to a route that is not there
//	route-deleted         ok | RouteNotExist | InvalidConfig.NotFound (guessed)
//	                      what Delete says to a route that is not there
//	route-repeated        second | refused (guessed)
//	                      what Create makes of a route whose routine, name, rule and site are there already
//	route-absent-fields   kept | reset (guessed)
//	                      what Update makes of optional fields that are absent
//	route-mode            custom | simple | absent (guessed)
//	                      the Mode of a route that was made without one
//	route-bypass          off | absent (guessed)
//	                      the same for Bypass
//	route-fallback        off | on | absent (guessed)
//	                      the same for Fallback
//	route-timeout         absent | 10 (guessed)
//	                      the same for Timeout
//	route-rule            kept | canonical (inferred)
//	                      whether a rule is kept letter for letter, or its blanks are rewritten
//	sequence-start        1 | 0 (inferred)
//	                      the first number of the order of routes
//	sequence-scope        site | routine (guessed)
//	                      which routes are in one order
//	sequence-insertion    shifted | kept | placed (guessed)
//	                      what becomes of the other routes where a number is taken; placed: numbers have no gaps
//	routine-with-routes   refused | cascade (guessed)
//	                      what DeleteRoutine says while routes point at the routine
//	routine-with-records  refused | cascade (guessed)
//	                      the same for records
//	record-deleted        RecordNotExist | InvalidRecord.NotFound | ok | fail (guessed)
//	                      what Delete says to a record that is not there
//	record-repeated       refused | ok (guessed)
//	                      what Create says where the host is bound to the same routine
//	record-taken          refused | taken-over | ok (guessed)
//	                      what Create says where the host is bound to another routine
//	record-on-cname       made | none (documented, contradicted)
//	                      whether a site with CNAME access gets a record, or only the answer OK
//	site-missing          SiteNotFound | SiteNotFound.NotFound | 101 | 32 (seen)
//	                      the code for a site that is not there
//	site-name-search      exact | fuzzy (documented, contradicted)
//	                      how SiteName is compared where SiteSearchType is absent
//	posted-queries        taken | refused (guessed)
//	                      whether a POST will do where the schema has a GET (ListSites, ListEdgeRoutineRecords)
//	empty-environment     no-deployment | empty | no-versions (inferred)
//	                      what GetRoutine shows of an environment without a deployment: no CodeDeploy, an empty one, or one without CodeVersions
//	routine-serving       deleted | refused (guessed)
//	                      what DeleteRoutine does with a routine that serves something
//	time-form             seconds | fractions (documented)
//	                      the form of the times in answers
//	refusal-status        400 | 200 (documented)
//	                      the HTTP status of a refusal that is not about credentials
//	refusal-detail        absent | shown (inferred)
//	                      AccessDeniedDetail in a 403
//	upload-answer         empty | body (documented)
//	                      what OSS answers to an upload that succeeds
//
// Beside these: the limits of variables and the rule that routes and records need
// an active site are seen and documented; the codes RouteNotExist, RouteAlreadyExist,
// RecordNotExist, RecordAlreadyExist and what follows "InvalidConfig." or
// "InvalidRecord." are guessed; InvalidParameter stands for every breach of a rule
// whose code is not known.
package esasim
