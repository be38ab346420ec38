package main

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
)

func TestCart(t *testing.T) {
	t.Parallel()
	base, _ := openShop(t)
	v := visit(t, base)
	v.submit("/cart/add", "/#mug", "good", "mug")
	v.submit("/cart/add", "/#mug", "good", "mug")
	v.submit("/cart/add", "/#fern", "good", "fern")
	for _, step := range []struct {
		name, path, good, quantity, message string
		want                                cart
		total                               string
	}{
		{"another quantity", "/cart/update", "mug", "5", "status: Corner mug: now 5.",
			cart{"mug": 5, "fern": 1}, "€68.80"},
		{"too many", "/cart/update", "mug", "100", "alert: A quantity is a number from 0 to 99.",
			cart{"mug": 5, "fern": 1}, "€68.80"},
		{"less than none", "/cart/update", "mug", "-1", "alert: A quantity is a number from 0 to 99.",
			cart{"mug": 5, "fern": 1}, "€68.80"},
		{"no number", "/cart/update", "mug", "five", "alert: A quantity is a number from 0 to 99.",
			cart{"mug": 5, "fern": 1}, "€68.80"},
		{"not sold here", "/cart/update", "yacht", "1", "alert: A quantity is a number from 0 to 99.",
			cart{"mug": 5, "fern": 1}, "€68.80"},
		{"quantity zero", "/cart/update", "fern", "0", "status: Small fern went back to its shelf.",
			cart{"mug": 5}, "€59.00"},
		{"removed", "/cart/remove", "mug", "5", "status: Corner mug went back to its shelf.", cart{}, ""},
	} {
		_, page := v.submit(step.path, "/cart", "good", step.good, "quantity", step.quantity)
		if got := shown(page); len(got) != 1 || got[0] != step.message {
			t.Errorf("%s: messages %q, want %q", step.name, got, step.message)
		}
		if !strings.Contains(page, step.total) {
			t.Errorf("%s: the page does not say %s", step.name, step.total)
		}
		if got := v.inCart(); !maps.Equal(got, step.want) {
			t.Errorf("%s: the cart holds %v, want %v", step.name, got, step.want)
		}
	}
	if _, page := v.submit("/cart/add", "/", "good", "<b>yacht"); len(shown(page)) != 1 ||
		strings.Contains(page, "yacht") {
		t.Errorf("what is not sold: messages %q", shown(page))
	}
}

func TestCartWithComputesAndChangesNothing(t *testing.T) {
	t.Parallel()
	before := cart{"mug": 2}
	for quantity, want := range map[int]cart{
		3:   {"mug": 2, "fern": 3},
		0:   {"mug": 2},
		100: {"mug": 2, "fern": 99},
	} {
		if got := before.with("fern", quantity); !maps.Equal(got, want) {
			t.Errorf("with %d: %v, want %v", quantity, got, want)
		}
	}
	if got := before.with("mug", 0); len(got) != 0 || !maps.Equal(before, cart{"mug": 2}) {
		t.Errorf("without its last good: %v, and before it is %v now", got, before)
	}
	if got := cart(nil).with("mug", 1); !maps.Equal(got, cart{"mug": 1}) {
		t.Errorf("the first good: %v", got)
	}
}

// Eight tabs of one browser add to one cart at once.
func TestTabsLoseNothing(t *testing.T) {
	t.Parallel()
	base, db := openShop(t)
	v := visit(t, base)
	v.submit("/cart/add", "/#mug", "good", "mug")
	v.submit("/cart/remove", "/cart", "good", "mug")
	key := v.cookie().Value

	const tabs, adds = 8, 5
	want := cart{}
	var wg sync.WaitGroup
	for tab := range tabs {
		id := goods[tab%len(goods)].ID
		want[id] += adds
		wg.Go(func() {
			for range adds {
				resp, body := v.do(http.MethodPost, "/cart/add", url.Values{"good": {id}})
				if resp.StatusCode != http.StatusSeeOther {
					t.Errorf("adding %s: %d %s", id, resp.StatusCode, body)
				}
			}
		})
	}
	wg.Wait()
	if got := shown(v.open("/")); len(got) != tabs*adds {
		t.Errorf("%d messages, want %d", len(got), tabs*adds)
	}
	if got := v.inCart(); !maps.Equal(got, want) {
		t.Errorf("the cart holds %v, want %v", got, want)
	}
	if got := v.cookie().Value; got != key || rows(t, db) != 1 {
		t.Errorf("not one session: the key changed: %t, rows %d", got != key, rows(t, db))
	}
}
