package sessionkey

import (
	"strings"
	"sync"
	"testing"

	"github.com/seed7368b609/gormsession/internal/layout"
)

// However many goroutines draw keys at once, no two draw the same.
func TestRandomKeysAtOnce(t *testing.T) {
	drawn := make([][]string, 64)
	var wg sync.WaitGroup
	for i := range drawn {
		wg.Go(func() {
			for range 2000 {
				drawn[i] = append(drawn[i], Random())
			}
		})
	}
	wg.Wait()
	seen := make(map[string]bool)
	for _, keys := range drawn {
		for _, key := range keys {
			if seen[key] {
				t.Fatal("two keys are the same")
			}
			seen[key] = true
		}
	}
}

func TestRandomKey(t *testing.T) {
	const keys = 20_000
	own, django := layout.Own(), layout.Django()
	seen := make(map[string]bool, keys)
	counts := make(map[byte]int)
	first, last := make(map[byte]int), make(map[byte]int)
	for range keys {
		key := Random()
		if len(key) != 32 || strings.Trim(key, alphabet) != "" || seen[key] {
			t.Fatalf("%q is no new key", key)
		}
		if !own.WellFormed(key) || !own.Storable(key) || !django.WellFormed(key) ||
			!django.Storable(key) {
			t.Fatalf("%q cannot be a key of a row", key)
		}
		seen[key] = true
		for i := range len(key) {
			counts[key[i]]++
		}
		first[key[0]]++
		last[key[31]]++
	}
	// Each of the 36 characters is as likely as any other, at every place: chi-square with 35
	// degrees of freedom is beyond 100 in one of 30 million runs. Bytes taken modulo 36 without
	// more would give about 3,000 here.
	for place, counts := range map[string]map[byte]int{"all": counts, "first": first, "last": last} {
		total := 0
		for _, n := range counts {
			total += n
		}
		expected, chi := float64(total)/36, 0.0
		for i := range len(alphabet) {
			difference := float64(counts[alphabet[i]]) - expected
			chi += difference * difference / expected
		}
		if chi > 100 {
			t.Errorf("chi-square of the %s characters is %.0f: %v", place, chi, counts)
		}
	}
}

func TestHashedKey(t *testing.T) {
	// Of "abc" (FIPS 180-2, B.1).
	const want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	if got := Hash("abc"); got != want {
		t.Errorf("the hash is %s", got)
	}
	if got := Handle("abc"); got != want[:12] {
		t.Errorf("the handle is %s", got)
	}
	if got := Handle(""); got != "" {
		t.Errorf("no key has the handle %q", got)
	}
}

func TestWellFormedKeys(t *testing.T) {
	own, django := layout.Own(), layout.Django()
	for key, want := range map[string]struct{ own, django, storable bool }{
		"":                                   {},
		strings.Repeat("a", 32):              {true, true, true},
		strings.Repeat("0", 32):              {true, true, true},
		strings.Repeat("a", 31):              {false, true, true},
		strings.Repeat("a", 33):              {false, true, true},
		strings.Repeat("A", 32):              {false, true, true},
		strings.Repeat("a", 32) + "\n":       {false, true, true},
		strings.Repeat("\u00e4", 16):         {false, true, true},
		strings.Repeat("a", 7):               {false, false, true},
		strings.Repeat("a", 8):               {false, true, true},
		strings.Repeat("\u00e4", 7):          {false, false, true},
		strings.Repeat("\u00e4", 40):         {false, true, true},
		strings.Repeat("\u00e4", 41):         {false, true, false},
		strings.Repeat("a", 5000):            {false, true, false},
		strings.Repeat("a", 8) + "\x00":      {false, true, false},
		strings.Repeat("a", 8) + "\xff":      {false, true, false},
		strings.Repeat("\xff", 8):            {false, true, false},
		strings.Repeat("a", 30) + "\u00e4":   {false, true, true},
		" " + strings.Repeat("a", 31):        {false, true, true},
		strings.Repeat("\U0001f36a", 8):      {false, true, true},
		strings.Repeat("a", 31) + "\u0665":   {false, true, true}, // a digit elsewhere
		strings.Repeat("a", 31) + "\x7f":     {false, true, true},
		strings.Repeat("a", 31) + "\u017f\n": {false, true, true},
	} {
		if got := own.WellFormed(key); got != want.own {
			t.Errorf("%.40q is well formed: %v", key, got)
		}
		if got := django.WellFormed(key); got != want.django {
			t.Errorf("%.40q is well formed for Django: %v", key, got)
		}
		if got := key == "" || django.Storable(key); got != (want.storable || key == "") {
			t.Errorf("%.40q can be stored by Django: %v", key, got)
		}
	}
}

func BenchmarkHash(b *testing.B) {
	key := Random()
	b.ReportAllocs()
	for b.Loop() {
		Hash(key)
	}
}

func BenchmarkRandom(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Random()
	}
}
