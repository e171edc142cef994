package split

// Partial is a partly known split. Nothing of the zero Partial is known.
type Partial struct {
	// Known reports whether the number of entries is known.
	Known bool
	// Entries are the shares as far as they are known. A known Partial without entries serves nothing.
	Entries []Entry
}

// partialShare is an entry with a known percentage and a version that may be unknown.
func partialShare(codeVersion *string, percentage int) Entry {
	entry := KnownEntry(Share{Percentage: percentage})
	entry.CodeVersion = codeVersion
	return entry
}

// allTraffic is the split of one code version with 100%.
func allTraffic(codeVersion *string) Partial {
	return Partial{Known: true, Entries: []Entry{partialShare(codeVersion, TotalPercentage)}}
}
