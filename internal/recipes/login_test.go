package recipes

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/sessiontest"
)

// Who has ticked the box is logged in for 30 days, also after the browser was closed, and who has
// not is logged out by closing it; whatever he has chosen the time before.
func TestRememberMe(t *testing.T) {
	for name, test := range map[string]struct {
		boxes  []string // of one login after the other
		closed string   // what the account says after the browser was closed
	}{
		"ticked":                  {[]string{"on"}, "user 42"},
		"left open":               {[]string{""}, "401 please log in"},
		"ticked, after left open": {[]string{"", "on"}, "user 42"},
		"left open, after ticked": {[]string{"on", ""}, "401 please log in"},
	} {
		t.Run(name, func(t *testing.T) {
			clock := sessiontest.NewClock()
			ann := site(t, sessions(t, clock.Option()), func(r *gin.Engine) {
				r.POST("/login", rememberMe)
			})
			browser := newBrowser(t)
			ann.Jar = browser
			for _, box := range test.boxes {
				want(t, post(t, ann, "/login", "name", "ann", "password", "correct horse",
					"remember", box), "user 42")
			}
			browser.reopen()
			want(t, get(t, ann, "/account"), test.closed)
			clock.Advance(29 * 24 * time.Hour)
			want(t, get(t, ann, "/account"), test.closed)
			clock.Advance(2 * 24 * time.Hour)
			want(t, get(t, ann, "/account"), "401 please log in")
		})
	}
}

// A browser keeps some cookies when it is closed.
type browser struct{ http.CookieJar }

type jars struct{ open, kept *cookiejar.Jar }

func newBrowser(t *testing.T) *browser {
	return &browser{jars{must(cookiejar.New(nil))(t), must(cookiejar.New(nil))(t)}}
}

func (b *browser) reopen() { b.CookieJar = b.CookieJar.(jars).kept }

func (j jars) Cookies(u *url.URL) []*http.Cookie { return j.open.Cookies(u) }

func (j jars) SetCookies(u *url.URL, cookies []*http.Cookie) {
	j.open.SetCookies(u, cookies)
	for _, c := range cookies {
		if kept := *c; c.MaxAge == 0 && c.Expires.IsZero() { // it ends with the browser
			kept.MaxAge = -1
			j.kept.SetCookies(u, []*http.Cookie{&kept})
		} else {
			j.kept.SetCookies(u, []*http.Cookie{c})
		}
	}
}

// Of two clicks on "log in" at once one logs in, and the other leads to the same page. What the
// visitor had is kept, in one session.
func TestDoubleClickOnLogin(t *testing.T) {
	db := database(t)
	plugin := must(patientSessions(db))(t)
	var both sync.WaitGroup
	both.Add(2)
	ann := stay(site(t, plugin, func(r *gin.Engine) {
		r.POST("/login", func(c *gin.Context) {
			ginsession.Get(c).LogIn(42)
			both.Done()
			both.Wait() // for the other click, which has loaded the same session by then
			c.Redirect(http.StatusSeeOther, "/account")
		})
	})).With(map[string]any{"cart": "tea"})

	cookies := make(chan int, 2)
	for range 2 {
		go func() {
			response, err := ann.PostForm(ann.URL+"/login", nil)
			if err != nil {
				t.Error(err)
				cookies <- 0
				return
			}
			response.Body.Close()
			if response.StatusCode != 303 || response.Header.Get("Location") != "/account" {
				t.Errorf("a click leads to %d, %s", response.StatusCode, response.Header.Get("Location"))
			}
			cookies <- len(response.Cookies())
		}()
	}
	if n := <-cookies + <-cookies; n != 1 {
		t.Errorf("%d cookies were set, not that of one click", n)
	}
	want(t, get(t, ann, "/account"), "user 42")
	if got := ann.Entries()["cart"]; got != "tea" || rows(t, db) != 1 {
		t.Errorf("the cart is %v, in one of %d sessions", got, rows(t, db))
	}
}

// A login by a provider comes back once, to the browser in which it began, and soon; a second tab
// does not disturb it.
func TestOAuth(t *testing.T) {
	provider := newProvider(t)
	clock := sessiontest.NewClock()
	o := oauth{provider.authCodeURL, provider.exchange, clock.Now}
	ann := site(t, sessions(t, clock.Option()), func(r *gin.Engine) {
		r.GET("/login", o.begin)
		r.GET("/callback", o.callback)
	})
	provider.back = ann.URL + "/callback"
	ann.Transport = provider.server.Client().Transport // both have the certificate of the tests
	bob := stay(ann.Another())
	const refused = "403 this login has not begun here, or was completed already"

	want(t, get(t, ann, "/login"), "user ada")
	want(t, answer(t, must(ann.Get(provider.last))(t)), refused)

	stay(ann)
	tabs := []string{provider.visit(t, ann), provider.visit(t, ann)}
	want(t, answer(t, must(bob.Get(tabs[0]))(t)), refused)
	for _, callback := range tabs {
		response := must(ann.Get(callback))(t)
		response.Body.Close()
		want(t, response.Header.Get("Location"), "/account")
	}
	want(t, get(t, ann, "/account"), "user ada")

	late := provider.visit(t, bob)
	clock.Advance(11 * time.Minute)
	want(t, answer(t, must(bob.Get(late))(t)), refused)
	provider.visit(t, bob)
	clock.Advance(11 * time.Minute)
	provider.visit(t, bob)
	if n := len(bob.Entries()); n != 1 {
		t.Errorf("the session holds %d attempts, not the last one alone", n)
	}
}

// A provider confirms logins to whoever shows the verifier that belongs to the challenge.
type provider struct {
	server     *httptest.Server
	back, last string // where it sends the browser, and has sent it last
	challenges map[string]string
}

func newProvider(t *testing.T) *provider {
	p := &provider{challenges: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) {
		code := "code of " + r.FormValue("state")
		p.challenges[code] = r.FormValue("challenge")
		p.last = p.back + "?" + form("state", r.FormValue("state"), "code", code).Encode()
		http.Redirect(w, r, p.last, http.StatusFound)
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		code := r.FormValue("code")
		if want := p.challenges[code]; want == "" || challenge(r.FormValue("verifier")) != want {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		delete(p.challenges, code)
		_, _ = io.WriteString(w, "ada")
	})
	p.server = httptest.NewTLSServer(mux)
	t.Cleanup(p.server.Close)
	return p
}

func challenge(verifier string) string {
	hash := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(hash[:])
}

func (p *provider) authCodeURL(state, verifier string) string {
	return p.server.URL + "/authorize?" +
		form("state", state, "challenge", challenge(verifier)).Encode()
}

func (p *provider) exchange(_ context.Context, code, verifier string) (string, error) {
	response, err := p.server.Client().PostForm(p.server.URL+"/token",
		form("code", code, "verifier", verifier))
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK {
		err = errors.New("the provider has refused the code")
	}
	return string(bytes.TrimSpace(body)), err
}

// visit begins a login in a browser that does not follow redirects, and returns where the provider
// would send it back to.
func (p *provider) visit(t *testing.T, c *sessiontest.Client) (callback string) {
	t.Helper()
	begun := must(c.Get(c.URL + "/login"))(t)
	begun.Body.Close()
	response := must(c.Get(begun.Header.Get("Location")))(t)
	response.Body.Close()
	return response.Header.Get("Location")
}

// slow is a page whose session ends while it runs, as by a logout in another tab.
func slow(plugin *gormsession.Plugin) gin.HandlerFunc {
	return func(c *gin.Context) {
		s := ginsession.Get(c)
		s.Set("seen", true)
		if err := plugin.Delete(c.Request.Context(), s.Key()); err != nil {
			_ = c.Error(err)
		}
		c.String(http.StatusOK, "done")
	}
}
