package madetest

import (
	"os"
	"strings"
	"testing"
)

// Diff is what a page shows of a file that becomes another one: all lines of both, in the form of
// diff -u, in a block of its own.
func Diff(t *testing.T, before, after string) string {
	t.Helper()
	var texts [2][]string
	for i, path := range []string{before, after} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	}
	return "\n```diff\n" + strings.Join(diff(texts[0], texts[1]), "\n") + "\n```\n\n"
}

// diff lists the lines of both, what goes before what comes, by a longest common subsequence.
func diff(a, b []string) (lines []string) {
	common := make([][]int, len(a)+1) // [i][j]: of a[i:] and b[j:]
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if common[i][j] = max(common[i+1][j], common[i][j+1]); a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			lines = append(lines, strings.TrimRight(" "+a[i], " "))
			i, j = i+1, j+1
		case i < len(a) && (j == len(b) || common[i+1][j] >= common[i][j+1]):
			lines = append(lines, "-"+a[i])
			i++
		default:
			lines = append(lines, "+"+b[j])
			j++
		}
	}
	return lines
}
