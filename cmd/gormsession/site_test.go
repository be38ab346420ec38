package main

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/httpsession"
	"github.com/seed7368b609/gormsession/internal/djangotest"
	"github.com/seed7368b609/gormsession/internal/sessionkey"
)

// request has a client read the session of a key, and returns the key that it has afterwards.
func (k *desk) request(p *gormsession.Plugin, key string) string {
	k.t.Helper()
	handler := httpsession.Handler(p)(http.HandlerFunc(
		func(_ http.ResponseWriter, r *http.Request) { httpsession.Get(r).Len() }))
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: p.CookieName(), Value: key})
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	for _, cookie := range w.Result().Cookies() {
		key = cookie.Value
	}
	return key
}

// What a real Django has written is listed, shown and moved, also where its clock hangs on a wall.
func TestRealDjango(t *testing.T) {
	eachDesk(t, func(k *desk) {
		zone := djangotest.Settings{"USE_TZ": false, "TIME_ZONE": "Asia/Tokyo"}
		site := djangotest.Start(k.t, djangotest.V52, k.d, zone)
		site.Migrate(k.t)
		jar, err := cookiejar.New(nil)
		if err != nil {
			k.t.Fatal(err)
		}
		site.Must(k.t, &http.Client{Jar: jar}, djangotest.Step{"set", "cart", "milk"})
		at, err := url.Parse(site.URL)
		if err != nil || len(jar.Cookies(at)) != 1 {
			k.t.Fatal(jar, err)
		}
		key := jar.Cookies(at)[0].Value
		k.secrets = append(k.secrets, key, djangotest.SecretKey)
		k.env[djangoVariable] = djangotest.SecretKey
		handle := sessionkey.Handle(key)
		inTokyo := []string{"--django", "--django-time-zone", "Asia/Tokyo"}
		l := decode[listing](k.must(0, append(inTokyo, "list", "--json")...))
		if len(l.Sessions) != 1 || l.Sessions[0].Handle != handle ||
			(time.Until(*l.Sessions[0].Expires)-14*24*time.Hour).Abs() > time.Hour {
			k.t.Errorf("the list has %+v", l)
		}
		k.must(0, append(inTokyo, "show", handle, "--values")...).has("cart", `"milk"`)
		k.must(0, append(inTokyo, "stats")...).has("within 30 days  1")
		k.must(0, "move", "--yes", "--django-time-zone", "Asia/Tokyo").has("1 session moved")
		k.must(0, "show", handle, "--values").has(`"milk"`)
		s, err := k.plugin().Open(context.Background(), key)
		if err != nil || s.Get("cart") != "milk" {
			k.t.Errorf("after the move: %v, %v", s, err)
		}
	})
}
