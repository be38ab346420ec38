package django

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

func init() { gin.SetMode(gin.ReleaseMode) }

// A site is a gin application whose sessions are Django's, behind a real server.
// Its pages are the handlers that a test visits.
type site struct {
	t      *testing.T
	db     *gorm.DB
	plugin *gormsession.Plugin
	log    *logbook
	url    string

	mu    sync.Mutex
	pages map[string]gin.HandlerFunc
}

func newSite(t *testing.T, db *gorm.DB, config Config, opts ...gormsession.Option) *site {
	t.Helper()
	s := &site{t: t, db: db, log: &logbook{}, pages: map[string]gin.HandlerFunc{}}
	own := []gormsession.Option{
		Compatible(config), gormsession.WithLogger(slog.New(slog.NewTextHandler(s.log, nil))),
	}
	plugin, err := gormsession.New(db, append(own, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	s.plugin = plugin
	engine := gin.New()
	engine.Use(gin.CustomRecoveryWithWriter(io.Discard,
		func(c *gin.Context, _ any) { c.AbortWithStatus(http.StatusInternalServerError) }))
	engine.Use(ginsession.Handler(plugin))
	engine.Any("/:page", func(c *gin.Context) { s.page(c.Param("page"))(c) })
	server := httptest.NewServer(engine)
	t.Cleanup(server.Close) // waits for the requests, so before the database goes
	s.url = server.URL
	return s
}

func (s *site) page(name string) gin.HandlerFunc {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pages[name]
}

func (s *site) addPage(handler gin.HandlerFunc) (name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name = fmt.Sprint("page", len(s.pages))
	s.pages[name] = handler
	return name
}

// A reply is what a visit gave.
type reply struct {
	status int
	header http.Header
	body   string
}

// visit has handler answer one request of client, with its session saved when visit
// returns.
func (s *site) visit(
	client *http.Client, handler gin.HandlerFunc, edits ...func(*http.Request),
) reply {
	s.t.Helper()
	r, err := http.NewRequest(http.MethodGet, s.url+"/"+s.addPage(handler), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, edit := range edits {
		edit(r)
	}
	res, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, string(body)}
}

// do has handler work on the session in one request of client, which must be answered
// with 200.
func (s *site) do(client *http.Client, handler func(*gormsession.State)) {
	s.t.Helper()
	if got := s.visit(client,
		func(c *gin.Context) { handler(ginsession.Get(c)) }); got.status != http.StatusOK {
		s.t.Fatalf("status %d: %s\n%s", got.status, got.body, s.log)
	}
}

// A row is what the table holds. Expire is its text; on PostgreSQL, in UTC.
type row struct{ SessionKey, SessionData, Expire string }

// rows reads the table past the library, and past the drivers' ideas of time zones.
func (s *site) rows() (rows []row) {
	s.t.Helper()
	expire := map[string]string{
		"sqlite":   "CAST(expire_date AS TEXT)",
		"postgres": "to_char(expire_date AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
		"mysql":    "CAST(expire_date AS CHAR)",
	}[s.db.Dialector.Name()]
	err := s.db.Raw("SELECT session_key, session_data, " + expire +
		" AS expire FROM django_session ORDER BY session_key").Scan(&rows).Error
	if err != nil {
		s.t.Fatal(err)
	}
	return rows
}

// row is the row of a key.
func (s *site) row(key string) (row, bool) {
	s.t.Helper()
	for _, r := range s.rows() {
		if r.SessionKey == key {
			return r, true
		}
	}
	return row{}, false
}

// expires is when the row ends, if its clock hangs in loc.
func (r row) expires(t *testing.T, loc *time.Location) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04:05", r.Expire, loc)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// entries are what the row holds, decoded.
func (s *site) entries(r row) map[string]any {
	s.t.Helper()
	entries, err := s.plugin.Entries(gormsession.Session{
		SessionKey: r.SessionKey, SessionData: r.SessionData,
	})
	if err != nil {
		s.t.Error(err)
	}
	return entries
}

// newVisitor is a browser that keeps cookies, knows no ports, and follows no redirect.
func newVisitor(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// keyOf is the key that the browser holds for the site, "" if it has none.
func (s *site) keyOf(client *http.Client) string {
	u, err := url.Parse(s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range client.Jar.Cookies(u) {
		if c.Name == "sessionid" {
			return c.Value
		}
	}
	return ""
}

// authUser is Django's user model, as far as it matters here.
type authUser struct {
	ID                 int64
	Username, Password string
	IsActive           bool
}

func (authUser) TableName() string { return "auth_user" }

// lookup finds a user of Django's.
func (s *site) lookup(ctx context.Context, id string) (User, error) {
	var row authUser
	err := s.db.WithContext(ctx).Where("id = ? AND is_active = ?", id, true).Take(&row).Error
	return User{Password: row.Password, Row: row}, err
}

// user is the user of that name, to log in.
func (s *site) user(name string) User {
	s.t.Helper()
	var row authUser
	if err := s.db.Where("username = ?", name).Take(&row).Error; err != nil {
		s.t.Fatal(err)
	}
	return User{ID: strconv.FormatInt(row.ID, 10), Password: row.Password}
}

// login logs that user in, who must exist, by the application or by Django.
func (s *site) login(client *http.Client, name string) {
	s.t.Helper()
	user := s.user(name)
	s.do(client, func(state *gormsession.State) {
		if err := Login(state, user); err != nil {
			s.t.Error(err)
		}
	})
}

// who is the name of the user whom RequireLogin lets in, "" where it answers 401.
func (s *site) who(client *http.Client) string {
	s.t.Helper()
	guard := RequireLogin(s.lookup)
	got := s.visit(client, func(c *gin.Context) {
		if guard(c); !c.IsAborted() {
			c.String(http.StatusOK, CurrentUser(c).Row.(authUser).Username)
		}
	})
	switch got.status {
	case http.StatusOK:
		return got.body
	case http.StatusUnauthorized:
		return ""
	}
	s.t.Fatalf("status %d\n%s", got.status, s.log)
	return ""
}

// logbook keeps what is logged.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
