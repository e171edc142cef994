package split

import (
	"fmt"
	"math/big"
	"strings"
	"unicode"
)

// Entry is one share before validation. A nil field is unknown.
type Entry struct {
	// CodeVersion is the version's number, nil if it is unknown.
	CodeVersion *string
	// Percentage is any number, nil if it is unknown.
	Percentage *big.Float
}

// KnownEntry returns the entry of a share.
func KnownEntry(share Share) Entry {
	return Entry{CodeVersion: &share.CodeVersion, Percentage: new(big.Float).SetInt64(int64(share.Percentage))}
}

// Field is a field of an entry.
type Field string

// The fields of an entry.
const (
	// FieldCodeVersion is an entry's code version.
	FieldCodeVersion Field = "code version"
	// FieldPercentage is an entry's percentage.
	FieldPercentage Field = "percentage"
)

// WholeList is the Index of a problem that does not belong to an entry.
const WholeList = -1

// Problem is one violated rule of a list of entries.
type Problem struct {
	// Index is the index of the entry, or WholeList.
	Index int
	// Field is the field of the entry, empty for WholeList.
	Field Field
	// Message is the problem, as the end of a sentence.
	Message string
}

// Problems are the violated rules of a list of entries.
type Problems []Problem

// Error formats every problem with its place.
func (p Problems) Error() string {
	texts := make([]string, len(p))
	for index, problem := range p {
		texts[index] = problem.String()
	}
	return strings.Join(texts, "; ")
}

// String formats the problem with its place: "percentage 2: …".
func (p Problem) String() string {
	if p.Index == WholeList {
		return p.Message
	}
	return fmt.Sprintf("%s %d: %s", p.Field, p.Index+1, p.Message)
}

// Check checks the rules of a split, and returns the problems that remain for all values of unknown fields. It returns nothing
// for a valid split.
func Check(entries []Entry) Problems {
	if len(entries) < MinCodeVersions || len(entries) > MaxCodeVersions {
		return Problems{{
			Index:   WholeList,
			Message: fmt.Sprintf("must have %d or %d code versions, got: %d", MinCodeVersions, MaxCodeVersions, len(entries)),
		}}
	}
	problems := checkVersions(entries)
	percentageProblems := checkPercentages(entries)
	if len(percentageProblems) == 0 {
		percentageProblems = checkTotal(entries)
	}
	return append(problems, percentageProblems...)
}

func checkVersions(entries []Entry) Problems {
	var problems Problems
	seen := map[string]bool{}
	for index, entry := range entries {
		if entry.CodeVersion == nil {
			continue
		}
		version := *entry.CodeVersion
		twice := seen[version]
		message := versionMessage(version)
		switch {
		case message != "":
			problems = append(problems, Problem{index, FieldCodeVersion, message})
		case twice:
			problems = append(problems, Problem{index, FieldCodeVersion, fmt.Sprintf("must be listed once, got %q twice", version)})
		default:
			seen[version] = true
		}
	}
	return problems
}

// versionMessage returns what is wrong with a code version, or nothing.
func versionMessage(version string) string {
	switch {
	case version == "":
		return "must not be empty; write the number of a code version, such as \"1723599747213377175\""
	case strings.ContainsFunc(version, unicode.IsSpace):
		return fmt.Sprintf("must not contain white space, got: %q", version)
	default:
		return ""
	}
}

func checkPercentages(entries []Entry) Problems {
	var problems Problems
	for index, entry := range entries {
		if entry.Percentage == nil {
			continue
		}
		percentage := entry.Percentage
		switch {
		case percentage.Sign() == 0:
			problems = append(problems, Problem{index, FieldPercentage, "must not be 0; remove the code version instead: a version that is not listed serves no requests"})
		case !percentage.IsInt() || percentage.Cmp(big.NewFloat(MinPercentage)) < 0 || percentage.Cmp(big.NewFloat(MaxPercentage)) > 0:
			problems = append(problems, Problem{index, FieldPercentage, fmt.Sprintf("must be a whole number between %d and %d, got: %s", MinPercentage, MaxPercentage, decimal(percentage))})
		}
	}
	return problems
}

// checkTotal checks the total. The known percentages must be within the bounds.
func checkTotal(entries []Entry) Problems {
	sum, known := int64(0), make([]string, 0, len(entries))
	for _, entry := range entries {
		if entry.Percentage == nil {
			continue
		}
		percentage, _ := entry.Percentage.Int64()
		sum += percentage
		known = append(known, fmt.Sprint(percentage))
	}
	if len(known) == len(entries) {
		switch {
		case sum == TotalPercentage:
			return nil
		case len(entries) == 1:
			return Problems{{0, FieldPercentage, fmt.Sprintf("must be %d, got: %d; a single code version serves every request", TotalPercentage, sum)}}
		default:
			return Problems{{Index: WholeList, Message: fmt.Sprintf("the percentages must sum to %d, got: %d (%s)", TotalPercentage, sum, strings.Join(known, " + "))}}
		}
	}
	unknown := int64(len(entries) - len(known))
	if sum+unknown*MinPercentage <= TotalPercentage {
		return nil
	}
	for index, entry := range entries {
		if entry.Percentage != nil {
			return Problems{{index, FieldPercentage, fmt.Sprintf("must be at most %d, got: %d, which leaves nothing for the other code version", TotalPercentage-unknown*MinPercentage, sum)}}
		}
	}
	return nil
}
