package main

import (
	"cmp"
	"fmt"
	"slices"
)

// spread is the middle and the extremes of several figures.
type spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// spreadOf returns the spread of at least one figure.
func spreadOf(figures []float64) spread {
	sorted := slices.Sorted(slices.Values(figures))
	middle := len(sorted) / 2
	median := sorted[middle]
	if len(sorted)%2 == 0 {
		median = (sorted[middle-1] + sorted[middle]) / 2
	}
	return spread{Median: median, Min: sorted[0], Max: sorted[len(sorted)-1]}
}

// String is the median and, where they differ from it, the extremes.
func (s spread) String() string {
	median, least, most := decimal(s.Median), decimal(s.Min), decimal(s.Max)
	if least == median && most == median {
		return median
	}
	return fmt.Sprintf("%s (%s–%s)", median, least, most)
}

// decimal has as many decimals as a figure of that size deserves.
func decimal(figure float64) string {
	switch {
	case figure >= 100:
		return fmt.Sprintf("%.0f", figure)
	case figure >= 10:
		return fmt.Sprintf("%.1f", figure)
	}
	return fmt.Sprintf("%.2f", figure)
}

// middleBy returns the element whose key is the median of all keys, the larger of the two middle ones where there is an
// even number.
func middleBy[T any](all []T, key func(T) float64) T {
	sorted := slices.SortedFunc(slices.Values(all), func(a, b T) int { return cmp.Compare(key(a), key(b)) })
	return sorted[len(sorted)/2]
}
