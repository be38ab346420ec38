package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf16"
)

// A report is what a command has to say: as JSON it is its fields.
type report interface {
	text(w io.Writer)
}

// print prints a report on standard output, in one piece.
func (t *tool) print(r report) error {
	var text bytes.Buffer
	if t.json {
		var encoded bytes.Buffer
		e := json.NewEncoder(&encoded)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		if err := e.Encode(r); err != nil {
			return err
		}
		escape(&text, encoded.String())
	} else {
		r.text(&text)
	}
	_, err := t.out.Write(text.Bytes())
	return err
}

// escape writes JSON in which what terminals obey is escaped: it is within texts alone.
func escape(w *bytes.Buffer, encoded string) {
	for _, r := range encoded {
		switch {
		case r == '\n' || unicode.IsGraphic(r) && r != unicode.ReplacementChar:
			w.WriteRune(r)
		default:
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(w, `\u%04x`, unit)
			}
		}
	}
}

// list is a list that JSON has as one also where it is empty.
func list(texts []string) []string { return append([]string{}, texts...) }

// columns prints rows in columns.
func columns(w io.Writer, rows [][]string) {
	tabs := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(tabs, strings.TrimRight(strings.Join(row, "\t"), "\t"))
	}
	_ = tabs.Flush() // to memory
}

// printable is a text that somebody else has chosen, without what terminals obey.
func printable(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool {
		return r == unicode.ReplacementChar || !unicode.IsPrint(r)
	}) {
		return strconv.QuoteToGraphic(text)
	}
	return text
}

// orDash is a text, or a dash for none.
func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return printable(text)
}

// moment is an instant, or a dash for none.
func moment(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

// instant is one as JSON has it, nil where it is not known.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC().Truncate(time.Second))
}

// sized is a size as people read it.
func sized(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	case n < 1<<30:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
}

// count is a number of things: 1 session, 2 sessions.
func count(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
