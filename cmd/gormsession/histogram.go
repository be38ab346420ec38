package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// A bar of a histogram is how many sessions are within bounds.
type bar struct {
	What     string `json:"what"`
	Sessions int64  `json:"sessions"`
}

// histogram names counts by their bounds; there is one more for the rest.
func histogram(prefix string, bounds []string, rest string, counts []int64) (bars []bar) {
	for i, n := range counts {
		name := rest
		if i < len(bounds) {
			name = prefix + bounds[i]
		}
		bars = append(bars, bar{name, n})
	}
	return bars
}

// draw draws a histogram. What is there is seen, however little it is.
func draw(w io.Writer, bars []bar) {
	const width = 40
	most := int64(1)
	for _, b := range bars {
		most = max(most, b.Sessions)
	}
	var rows [][]string
	for _, b := range bars {
		length := (b.Sessions*width + most - 1) / most
		rows = append(rows, []string{
			"  " + b.What, fmt.Sprint(b.Sessions), strings.Repeat("#", int(length)),
		})
	}
	columns(w, rows)
}

// sealed says with which keys how many rows are sealed.
func sealed(byKey map[string]int64, open int64) string {
	var parts []string
	for _, id := range slices.Sorted(maps.Keys(byKey)) {
		parts = append(parts, fmt.Sprintf("%d with the key %s", byKey[id], id))
	}
	return strings.Join(append(parts, fmt.Sprintf("%d open", open)), ", ")
}
