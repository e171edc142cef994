package split

// Partial is a split as far as it is known. The zero Partial is one of which nothing is known.
type Partial struct {
	// Known tells whether the number of entries is known.
	Known bool
	// Entries are the shares, each as far as it is known. A known Partial without entries serves nothing.
	Entries []Entry
}

// partialShare is an entry whose percentage is known and whose version may not be.
func partialShare(codeVersion *string, percentage int) Entry {
	entry := KnownEntry(Share{Percentage: percentage})
	entry.CodeVersion = codeVersion
	return entry
}

// allTraffic is the split of one code version that serves everything.
func allTraffic(codeVersion *string) Partial {
	return Partial{Known: true, Entries: []Entry{partialShare(codeVersion, TotalPercentage)}}
}
