package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// write prints the report for people, as markdown.
func (r *report) write(w io.Writer) {
	fmt.Fprintf(w, "%s, %s, %d CPUs, %d runs, provider of %s MiB.\n", r.Engine, r.Platform, r.CPUs, r.Runs, mebibytes(r.ProviderBytes))
	fmt.Fprintln(w, "Seconds are medians (least–most). The floor is the same graph of terraform_data; the network bound is calls × latency ÷ parallelism.")
	for i := range r.Results {
		r.Results[i].write(w)
	}
	if len(r.Checks) == 0 {
		return
	}
	fmt.Fprintln(w, "\n## Checks")
	fmt.Fprintln(w)
	for _, c := range r.Checks {
		fmt.Fprintln(w, c)
	}
}

func (r *result) write(w io.Writer) {
	fmt.Fprintf(w, "\n## %s\n\n", r.scenario)
	if len(r.Phases) > 0 {
		writeTable(w, r.table())
	}
	if r.Error != "" {
		fmt.Fprintf(w, "\nIt ended early: %s\n", r.Error)
	}
}

// table has a line for each phase below its header.
func (r *result) table() [][]string {
	lines := [][]string{{"phase", "wall s", "floor s", "no refresh s", "network s", "provider CPU s", "peak MiB", "processes", "connections", "API calls"}}
	for _, p := range r.Phases {
		sum := p.Summary
		floor, unread := "", ""
		if len(p.Floor) > 0 {
			floor = sum.Floor.String()
		}
		if twin, found := r.phase(twinOf(p.Name)); found {
			unread = twin.Summary.Wall.String()
		}
		lines = append(lines, []string{
			p.Name, sum.Wall.String(), floor, unread, decimal(sum.NetworkBound), sum.ProviderCPU.String(), mebibytes(sum.ProviderPeak),
			fmt.Sprint(sum.ProviderProcesses), fmt.Sprint(sum.Connections), calls(sum),
		})
	}
	return lines
}

// twinOf is the name of the phase that is the same without a refresh.
func twinOf(name string) string {
	for _, p := range phases {
		if p.name == name {
			return p.unread
		}
	}
	return ""
}

// calls lists the calls by operation.
func calls(sum summary) string {
	var parts []string
	total := 0
	for _, operation := range sortedKeys(sum.Calls) {
		parts = append(parts, fmt.Sprintf("%s %d", operation, sum.Calls[operation]))
		total += sum.Calls[operation]
	}
	if len(parts) == 0 {
		return "none"
	}
	text := strings.Join(parts, ", ")
	if sum.Throttled > 0 {
		text += fmt.Sprintf("; %d throttled, %.1f %%", sum.Throttled, percentage(sum.Throttled, total))
	}
	return text
}

func percentage(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}

func mebibytes(bytes int64) string { return fmt.Sprintf("%.1f", float64(bytes)/(1<<20)) }

// writeTable prints a markdown table whose columns are aligned in plain text too. The first line is the header; figures
// stand to the right.
func writeTable(w io.Writer, lines [][]string) {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	last := len(widths) - 1
	for n, line := range lines {
		for i, cell := range line {
			padding := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 || i == last {
				fmt.Fprintf(w, "| %s%s ", cell, padding)
			} else {
				fmt.Fprintf(w, "| %s%s ", padding, cell)
			}
		}
		fmt.Fprintln(w, "|")
		if n > 0 {
			continue
		}
		for i, width := range widths {
			if i == 0 || i == last {
				fmt.Fprintf(w, "|%s", strings.Repeat("-", width+2))
			} else {
				fmt.Fprintf(w, "|%s:", strings.Repeat("-", width+1))
			}
		}
		fmt.Fprintln(w, "|")
	}
}
