package esasim

import (
	"fmt"
	"regexp"
	"strings"
)

// expression is a rule that was read: the condition under which a request
// belongs to a route.
type expression func(visit) bool

// visit is the request that an expression is held against.
type visit struct{ host, path string }

// ruleFields are the fields that a rule may name, each with what it is in a visit. The
// simulator knows host and path; the others are empty.
var ruleFields = map[string]func(visit) string{
	"http.host":              func(v visit) string { return strings.ToLower(v.host) },
	"http.request.uri.path":  func(v visit) string { return v.path },
	"http.request.uri":       func(v visit) string { return v.path },
	"http.request.full_uri":  func(v visit) string { return "https://" + v.host + v.path },
	"http.request.scheme":    func(visit) string { return "https" },
	"http.request.method":    func(visit) string { return "GET" },
	"http.request.uri.query": nothing,
	"http.request.uri.args":  nothing,
	"http.request.headers":   nothing,
	"http.request.cookies":   nothing,
	"http.user_agent":        nothing,
	"ssl":                    nothing,
	"ip.src":                 nothing,
	"ip.geoip.country":       nothing,
	"ip.geoip.continent":     nothing,
	"ip.geoip.asnum":         nothing,
}

func nothing(visit) string { return "" }

// MatchRule reports whether a rule's expression matches a request, given by its host name and
// its path. It fails on what the service refuses with CompileRuleError.
func MatchRule(rule, host, path string) (bool, error) {
	matches, _, err := parseRule(rule)
	if err != nil {
		return false, err
	}
	return matches(visit{host, path}), nil
}

// parseRule reads a rule: conditions in parentheses, joined by "and" and "or" two levels deep,
// or the single word true. Regexp says that a condition uses "matches", which not every plan has.
func parseRule(rule string) (matches expression, regexps bool, err error) {
	p := &ruleParser{rest: rule}
	defer func() {
		if recovered := recover(); recovered != nil {
			problem, ours := recovered.(ruleProblem)
			if !ours {
				panic(recovered)
			}
			matches, err = nil, fmt.Errorf("%s, before %q", string(problem), p.rest)
		}
	}()
	if strings.TrimSpace(rule) == "true" {
		return func(visit) bool { return true }, false, nil
	}
	matches = p.or(0)
	p.skip()
	if p.rest != "" {
		p.fail("there is something after the expression")
	}
	return matches, p.regexps, nil
}

// ruleProblem ends the reading of a rule.
type ruleProblem string

type ruleParser struct {
	rest    string
	regexps bool
}

func (p *ruleParser) fail(format string, args ...any) {
	panic(ruleProblem(fmt.Sprintf(format, args...)))
}

func (p *ruleParser) skip() { p.rest = strings.TrimLeft(p.rest, " ") }

// take takes a mark, such as a parenthesis, where it comes next.
func (p *ruleParser) take(mark string) bool {
	p.skip()
	rest, found := strings.CutPrefix(p.rest, mark)
	if found {
		p.rest = rest
	}
	return found
}

func (p *ruleParser) want(mark string) {
	if !p.take(mark) {
		p.fail("%s is missing", mark)
	}
}

var ruleWord = regexp.MustCompile(`^[a-z][a-z0-9_.]*`)

// word takes a word of letters, digits, dots and underscores.
func (p *ruleParser) word() string {
	p.skip()
	word := ruleWord.FindString(p.rest)
	p.rest = p.rest[len(word):]
	return word
}

// takeWord takes a word where it comes next.
func (p *ruleParser) takeWord(wanted string) bool {
	p.skip()
	if ruleWord.FindString(p.rest) != wanted {
		return false
	}
	p.rest = p.rest[len(wanted):]
	return true
}

func (p *ruleParser) or(depth int) expression {
	first := p.and(depth)
	for p.takeWord("or") {
		left, right := first, p.and(depth)
		first = func(v visit) bool { return left(v) || right(v) }
	}
	return first
}

func (p *ruleParser) and(depth int) expression {
	first := p.unary(depth)
	for p.takeWord("and") {
		left, right := first, p.unary(depth)
		first = func(v visit) bool { return left(v) && right(v) }
	}
	return first
}

func (p *ruleParser) unary(depth int) expression {
	if p.take("(") {
		if depth == 2 {
			p.fail("parentheses are more than two levels deep")
		}
		inner := p.or(depth + 1)
		p.want(")")
		return inner
	}
	return p.condition()
}

// condition reads (field operator value), starts_with(field, "v"), and the negation of what may be negated.
func (p *ruleParser) condition() expression {
	negated := p.takeWord("not")
	word := p.word()
	switch word {
	case "starts_with", "ends_with":
		p.want("(")
		name, value := p.field(p.word())
		p.want(",")
		text := p.text()
		p.want(")")
		p.checkValue(name, text)
		compare := strings.HasPrefix
		if word == "ends_with" {
			compare = strings.HasSuffix
		}
		return func(v visit) bool { return compare(value(v), fold(name, text)) != negated }
	case "exists":
		p.want("(")
		_, value := p.field(p.word())
		p.want(")")
		return func(v visit) bool { return (value(v) != "") != negated }
	case "":
		p.fail("a condition is missing")
	}
	name, value := p.field(word)
	operator := p.word()
	if negated && operator != "in" {
		p.fail("not cannot stand before %s", operator)
	}
	if operator == "in" {
		texts := p.set(name)
		return func(v visit) bool { return texts[value(v)] != negated }
	}
	return p.compare(name, operator, value)
}

// compare reads the value of an infix operator.
func (p *ruleParser) compare(name, operator string, value func(visit) string) expression {
	switch operator {
	case "lt", "le", "gt", "ge":
		p.number()
		return func(visit) bool { return false }
	case "eq", "ne", "contains", "matches":
	default:
		p.fail("%q is not an operator", operator)
	}
	p.skip()
	if !strings.HasPrefix(p.rest, `"`) && (operator == "eq" || operator == "ne") {
		p.number()
		return func(visit) bool { return operator == "ne" }
	}
	text := p.text()
	p.checkValue(name, text)
	text = fold(name, text)
	switch operator {
	case "eq":
		return func(v visit) bool { return value(v) == text }
	case "ne":
		return func(v visit) bool { return value(v) != text }
	case "contains":
		return func(v visit) bool { return strings.Contains(value(v), text) }
	}
	pattern, err := regexp.Compile(text)
	if err != nil {
		p.fail("%q is not a regular expression", text)
	}
	p.regexps = true
	return func(v visit) bool { return pattern.MatchString(value(v)) }
}

// field reads the rest of a field whose first word is given: its key, or what lower() and len() hold.
func (p *ruleParser) field(word string) (string, func(visit) string) {
	if word == "lower" || word == "len" {
		p.want("(")
		name, value := p.field(p.word())
		p.want(")")
		if word == "len" {
			return name, nothing
		}
		return name, func(v visit) string { return strings.ToLower(value(v)) }
	}
	value, known := ruleFields[word]
	if !known {
		p.fail("%q is not a field", word)
	}
	if p.take("[") {
		p.text()
		p.want("]")
	}
	return word, value
}

// text reads a text in double quotes, with \" and \\ in it.
func (p *ruleParser) text() string {
	p.want(`"`)
	var text strings.Builder
	for i := 0; i < len(p.rest); i++ {
		switch c := p.rest[i]; c {
		case '"':
			p.rest = p.rest[i+1:]
			return text.String()
		case '\\':
			i++
			if i == len(p.rest) || p.rest[i] != '"' && p.rest[i] != '\\' {
				p.fail(`a backslash is not escaped`)
			}
			text.WriteByte(p.rest[i])
		default:
			text.WriteByte(c)
		}
	}
	p.fail("a text does not end")
	return ""
}

func (p *ruleParser) number() {
	if p.take("true") || p.take("false") {
		return
	}
	p.skip()
	rest := strings.TrimLeft(p.rest, "0123456789")
	if rest == p.rest {
		p.fail("a value is missing")
	}
	p.rest = rest
}

// set reads {"a" "b"}, or $list, whose content the simulator does not know.
func (p *ruleParser) set(name string) map[string]bool {
	if p.take("$") {
		p.word()
		return nil
	}
	texts := map[string]bool{}
	p.want("{")
	for !p.take("}") {
		text := p.text()
		p.checkValue(name, text)
		texts[fold(name, text)] = true
	}
	return texts
}

// checkValue refuses the empty value that the service documents as not allowed for http.host.
func (p *ruleParser) checkValue(name, text string) {
	if name == "http.host" && text == "" {
		p.fail("http.host has an empty value")
	}
}

// fold ignores the letter case of host names, as the service does.
func fold(name, text string) string {
	if name == "http.host" {
		return strings.ToLower(text)
	}
	return text
}
