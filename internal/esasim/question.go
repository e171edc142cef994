package esasim

import (
	"fmt"
	"slices"
	"strings"
)

// Question is something that no source tells about the real service. The
// simulator can give each possible answer; [WithAnswer] chooses one. The table in
// the documentation of the package lists the questions.
type Question string

// Questions about environment variables and the code versions that carry them.
const (
	ListedSecret      Question = "listed-secret"
	VariableTimes     Question = "variable-times"
	AbsentType        Question = "absent-type"
	TooManyVariables  Question = "too-many-variables"
	BadKey            Question = "bad-key"
	BadValue          Question = "bad-value"
	TypeChange        Question = "type-change"
	UnknownVariable   Question = "unknown-variable"
	OrphanedVariables Question = "orphaned-variables"
	VariablePage      Question = "variable-page"
	SnapshotTime      Question = "snapshot-time"
	OtherEnvironment  Question = "other-environment"
	MixedSnapshots    Question = "mixed-snapshots"
	EmptySnapshot     Question = "empty-snapshot"
	VersionBinding    Question = "version-binding"
	VersionQuotaCode  Question = "version-quota-code"
)

// Questions about routes.
const (
	RouteMissing       Question = "route-missing"
	RouteDeleted       Question = "route-deleted"
	RouteRepeated      Question = "route-repeated"
	RouteAbsentFields  Question = "route-absent-fields"
	RouteMode          Question = "route-mode"
	RouteBypass        Question = "route-bypass"
	RouteFallback      Question = "route-fallback"
	RouteTimeout       Question = "route-timeout"
	RouteRule          Question = "route-rule"
	SequenceStart      Question = "sequence-start"
	SequenceScope      Question = "sequence-scope"
	SequenceInsertion  Question = "sequence-insertion"
	RoutineWithRoutes  Question = "routine-with-routes"
	RoutineWithRecords Question = "routine-with-records"
)

// Questions about records, sites and requests.
const (
	RecordDeleted  Question = "record-deleted"
	RecordRepeated Question = "record-repeated"
	RecordTaken    Question = "record-taken"
	RecordOnCNAME  Question = "record-on-cname"
	SiteMissing    Question = "site-missing"
	SiteNameSearch Question = "site-name-search"
	PostedQueries  Question = "posted-queries"
)

// Questions about routines and about the form of answers.
const (
	EmptyEnvironment Question = "empty-environment"
	RoutineServing   Question = "routine-serving"
	TimeForm         Question = "time-form"
	RefusalStatus    Question = "refusal-status"
	RefusalDetail    Question = "refusal-detail"
	UploadAnswer     Question = "upload-answer"
)

// Answers that more than one question has.
const (
	answerTaken   = "taken"
	answerRefused = "refused"
	answerLeftOut = "left-out"
	answerKept    = "kept"
	answerDeleted = "deleted"
	answerAbsent  = "absent"
	answerEmpty   = "empty"
	answerOK      = "ok"
	answerFail    = "fail"
	answerOn      = "on"
	answerOff     = "off"
	answerCascade = "cascade"
)

// unknown is one question with its answers, the default first.
type unknown struct {
	question Question
	answers  []string
	// basis says what the default rests on: "inferred" or "guessed".
	basis string
}

var unknowns = []unknown{
	{ListedSecret, []string{"value", "mask", answerEmpty, answerAbsent}, "guessed"},
	{VariableTimes, []string{"shown", answerAbsent}, "seen"},
	{AbsentType, []string{"plain_text", answerRefused}, "guessed"},
	{TooManyVariables, []string{answerRefused, answerLeftOut, answerTaken}, "guessed"},
	{BadKey, []string{answerRefused, answerLeftOut, answerTaken}, "guessed"},
	{BadValue, []string{answerRefused, answerLeftOut, answerTaken}, "guessed"},
	{TypeChange, []string{"replaced", answerRefused, answerLeftOut}, "guessed"},
	{UnknownVariable, []string{"failed", answerDeleted, answerLeftOut, answerRefused}, "guessed"},
	{OrphanedVariables, []string{answerDeleted, answerKept}, "guessed"},
	{VariablePage, []string{"50", "100", "at-most-20"}, "guessed"},
	{SnapshotTime, []string{"reserved", "built"}, "guessed"},
	{OtherEnvironment, []string{"allowed", answerRefused}, "guessed"},
	{MixedSnapshots, []string{"allowed", answerRefused}, "guessed"},
	{EmptySnapshot, []string{"false", "true"}, "guessed"},
	{VersionBinding, []string{answerEmpty, "absent-if-none", answerAbsent}, "inferred"},
	{VersionQuotaCode, []string{codeVersionQuota, codeQuotaExceeded, codeInvalidParameter}, "guessed"},

	{RouteMissing, []string{answerEmpty, codeRouteNotExist, codeRouteNotFound}, "inferred"},
	{RouteDeleted, []string{answerOK, codeRouteNotExist, codeRouteNotFound}, "guessed"},
	{RouteRepeated, []string{"second", answerRefused}, "guessed"},
	{RouteAbsentFields, []string{answerKept, "reset"}, "guessed"},
	{RouteMode, []string{"custom", "simple", answerAbsent}, "guessed"},
	{RouteBypass, []string{answerOff, answerAbsent}, "guessed"},
	{RouteFallback, []string{answerOff, answerOn, answerAbsent}, "guessed"},
	{RouteTimeout, []string{answerAbsent, "10"}, "guessed"},
	{RouteRule, []string{answerKept, "canonical"}, "inferred"},
	{SequenceStart, []string{"1", "0"}, "inferred"},
	{SequenceScope, []string{"site", "routine"}, "guessed"},
	{SequenceInsertion, []string{"shifted", answerKept, "placed"}, "guessed"},
	{RoutineWithRoutes, []string{answerRefused, answerCascade}, "guessed"},
	{RoutineWithRecords, []string{answerRefused, answerCascade}, "guessed"},

	{RecordDeleted, []string{codeRecordNotExist, codeRecordNotFound, answerOK, answerFail}, "guessed"},
	{RecordRepeated, []string{answerRefused, answerOK}, "guessed"},
	{RecordTaken, []string{answerRefused, "taken-over", answerOK}, "guessed"},
	{RecordOnCNAME, []string{"made", "none"}, "documented, contradicted"},
	{SiteMissing, []string{codeSiteNotFound, codeSiteNotFoundTwice, codeSiteNumber, codeSiteOtherNumber}, "seen"},
	{SiteNameSearch, []string{"exact", "fuzzy"}, "documented, contradicted"},
	{PostedQueries, []string{answerTaken, answerRefused}, "guessed"},

	{EmptyEnvironment, []string{"no-deployment", answerEmpty, "no-versions"}, "inferred"},
	{RoutineServing, []string{answerDeleted, answerRefused}, "guessed"},
	{TimeForm, []string{"seconds", "fractions"}, "documented"},
	{RefusalStatus, []string{"400", "200"}, "documented"},
	{RefusalDetail, []string{answerAbsent, "shown"}, "inferred"},
	{UploadAnswer, []string{answerEmpty, "body"}, "documented"},
}

// Questions lists every question, for tests that go through all of them.
func Questions() []Question {
	list := make([]Question, 0, len(unknowns))
	for _, u := range unknowns {
		list = append(list, u.question)
	}
	return list
}

// Answers lists the answers to a question, the default first.
func (q Question) Answers() []string {
	for _, u := range unknowns {
		if u.question == q {
			return slices.Clone(u.answers)
		}
	}
	return nil
}

// WithAnswer chooses what the simulator answers to a question that no source
// settles. It panics on an unknown question or answer.
func WithAnswer(question Question, answer string) Option {
	if err := checkAnswer(question, answer); err != nil {
		panic("esasim: WithAnswer: " + err.Error())
	}
	return func(s *Simulator) { s.answers[question] = answer }
}

// ParseAnswer reads an answer as the command's -answer flag takes it, such as
// "route-missing=empty".
func ParseAnswer(text string) (Question, string, error) {
	question, answer, found := strings.Cut(text, "=")
	if !found {
		return "", "", fmt.Errorf("must be question=answer, got: %q", text)
	}
	return Question(question), answer, checkAnswer(Question(question), answer)
}

func checkAnswer(question Question, answer string) error {
	answers := question.Answers()
	if answers == nil {
		return fmt.Errorf("question must be one of %q, got: %q", Questions(), string(question))
	}
	if !slices.Contains(answers, answer) {
		return fmt.Errorf("answer to %s must be one of %q, got: %q", question, answers, answer)
	}
	return nil
}

// says is what the simulator answers to a question.
func (s *Simulator) says(question Question) string {
	if answer, chosen := s.answers[question]; chosen {
		return answer
	}
	return question.Answers()[0]
}

// chosenAnswers are the answers that differ from the defaults, for the state.
func (s *Simulator) chosenAnswers() map[Question]string {
	chosen := map[Question]string{}
	for question, answer := range s.answers {
		if answer != question.Answers()[0] {
			chosen[question] = answer
		}
	}
	return chosen
}
