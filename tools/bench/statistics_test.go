package main

import (
	"testing"
)

func TestSpread(t *testing.T) {
	for _, tt := range []struct {
		figures []float64
		want    spread
		says    string
	}{
		{[]float64{3}, spread{3, 3, 3}, "3.00"},
		{[]float64{5, 1, 3}, spread{3, 1, 5}, "3.00 (1.00–5.00)"},
		{[]float64{4, 1, 2, 3}, spread{2.5, 1, 4}, "2.50 (1.00–4.00)"},
		{[]float64{120.4, 99.94, 10}, spread{99.94, 10, 120.4}, "99.9 (10.0–120)"},
		{[]float64{0.001, 0.002, 0.003}, spread{0.002, 0.001, 0.003}, "0.00"},
	} {
		got := spreadOf(tt.figures)
		if got != tt.want || got.String() != tt.says {
			t.Errorf("%v: got %+v, %q; want %+v, %q", tt.figures, got, got, tt.want, tt.says)
		}
	}
}

func TestSpreadLeavesItsFiguresAlone(t *testing.T) {
	figures := []float64{2, 1}
	spreadOf(figures)
	if figures[0] != 2 {
		t.Error("they are sorted now")
	}
}

func TestMiddleBy(t *testing.T) {
	length := func(s string) float64 { return float64(len(s)) }
	if got := middleBy([]string{"aaa", "a", "aa"}, length); got != "aa" {
		t.Errorf("of three, got %q", got)
	}
	if got := middleBy([]string{"aaa", "a"}, length); got != "aaa" {
		t.Errorf("of two, got %q", got)
	}
}
