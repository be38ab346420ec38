package jsontext

import (
	"fmt"
	"strings"
	"testing"
)

// What sessions hold: a login and a counter; and 4 KB of a shop, with some text that is not ASCII.
func benchmarkSessions() map[string]string {
	var items []string
	for i := range 25 {
		items = append(items, fmt.Sprintf(`{"id": %d, "name": "Caf\u00e9 cr\u00e8me %d", "price": %d.5, "tags": ["a", "b"], "gift": null}`, i, i, i))
	}
	return map[string]string{
		"small": `{"_auth_user_backend":"django.contrib.auth.backends.ModelBackend","_auth_user_id":"42","n":7}`,
		"4KB": `{"_auth_user_id":"42","cart":[` + strings.Join(items, ", ") + `],"last_page":"/shop/items?page=7","n":7,"notes":"` +
			strings.Repeat("a note of a visitor, ", 100) + `"}`,
	}
}

func benchEach(b *testing.B, f func(b *testing.B, text string)) {
	for name, text := range benchmarkSessions() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			f(b, text)
		})
	}
}

func BenchmarkSplit(b *testing.B) {
	benchEach(b, func(b *testing.B, text string) {
		for b.Loop() {
			if _, err := Split(text); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkJoin(b *testing.B) {
	benchEach(b, func(b *testing.B, text string) {
		entries, err := Split(text)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			Join(entries)
		}
	})
}

// BenchmarkValue decodes all entries of a session, and BenchmarkEncode encodes them again.
func BenchmarkValue(b *testing.B) {
	benchEach(b, func(b *testing.B, text string) {
		entries, err := Split(text)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			for _, raw := range entries {
				if _, err := Value(raw); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	benchEach(b, func(b *testing.B, text string) {
		entries, err := Split(text)
		if err != nil {
			b.Fatal(err)
		}
		var values []any
		for _, raw := range entries {
			v, err := Value(raw)
			if err != nil {
				b.Fatal(err)
			}
			values = append(values, v)
		}
		for b.Loop() {
			for _, v := range values {
				if _, err := Encode(v); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

// BenchmarkEncodeStruct is of a type that encoding/json alone knows.
func BenchmarkEncodeStruct(b *testing.B) {
	v := struct {
		Name  string   `json:"name"`
		Items []string `json:"items"`
	}{"Ann", []string{"a", "b"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Encode(v); err != nil {
			b.Fatal(err)
		}
	}
}
