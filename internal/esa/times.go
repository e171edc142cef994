package esa

import "time"

// Times reads two times of ESA's answers, RFC 3339 with fractions of a second or without; ok is false where one of them is none.
func Times(a, b string) (first, second time.Time, ok bool) {
	first, err := time.Parse(time.RFC3339, a)
	if err != nil {
		return time.Time{}, time.Time{}, false
	}
	second, err = time.Parse(time.RFC3339, b)
	return first, second, err == nil
}
