package report

import (
	"fmt"
	"math"
	"strings"
)

// A table is one of Markdown's. Its first column holds names.
type table struct {
	head []string
	rows [][]string
}

// add adds a row unless all of its cells are empty.
func (t *table) add(name string, cells ...string) {
	if strings.Join(cells, "") != "" {
		t.rows = append(t.rows, append([]string{name}, cells...))
	}
}

func (t *table) String() string {
	if len(t.rows) == 0 {
		return ""
	}
	var b strings.Builder
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(t.head)
	b.WriteString("|---|" + strings.Repeat("---:|", len(t.head)-1) + "\n")
	for _, row := range t.rows {
		line(row)
	}
	return b.String() + "\n"
}

// digits shows a number with three significant digits, and all digits before the point.
func digits(v float64) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return ""
	case v == 0:
		return "0" // and not -0
	case math.Abs(v) >= 999.5:
		return grouped(fmt.Sprintf("%.0f", v))
	}
	return fmt.Sprintf("%.3g", v)
}

// grouped puts a comma after each thousand.
func grouped(n string) string {
	for i := len(n) - 3; i > 0 && n[i-1] != '-'; i -= 3 {
		n = n[:i] + "," + n[i:]
	}
	return n
}

// places shows a number with so many digits behind the point.
func places(v float64, n int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	text := fmt.Sprintf("%.*f", n, v)
	if strings.Trim(text, "-0.") == "" {
		return strings.TrimPrefix(text, "-")
	}
	return text
}

func onePlace(v float64) string { return places(v, 1) }

func twoPlaces(v float64) string { return places(v, 2) }

// percent shows a share, nothing of none.
func percent(share float64) string {
	if text := onePlace(100 * share); text != "" {
		return text + " %"
	}
	return ""
}

// with puts a ratio behind a number.
func with(v, ratio float64) string {
	if digits(v) == "" || twoPlaces(ratio) == "" {
		return digits(v)
	}
	return digits(v) + " (" + twoPlaces(ratio) + ")"
}

// pair shows two numbers.
func pair(a, b float64) string {
	if digits(a) == "" {
		return ""
	}
	return digits(a) + ", " + digits(b)
}

func plural(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return grouped(fmt.Sprint(n)) + " " + what
}
