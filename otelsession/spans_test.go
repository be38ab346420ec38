package otelsession_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Each operation of a request is a span beneath the request's, by either adapter, and each of its
// statements has that span in its context.
func TestSpansNest(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		for _, adapter := range []string{"gin", "net/http"} {
			t.Run(adapter, func(t *testing.T) {
				s := newSite(t, dbtest.New(t, d.Kind()), gormsession.WithUsers())
				if adapter == "gin" {
					s.handler = s.inGin()
				}
				s.handler = s.inRequest(s.handler)
				seen := s.watchStatements()
				var key string
				for _, page := range []struct {
					name string
					do   func(*gormsession.State, *http.Request)
					want []string
				}{
					{"nothing", func(*gormsession.State, *http.Request) {}, nil},
					{"create", set("name"), []string{"create"}},
					{"read", read, []string{"load"}},
					{"write", set("name"), []string{"load", "update"}},
					{"renew", func(session *gormsession.State, _ *http.Request) {
						s.clock.Advance(24 * time.Hour)
						session.Touch()
					}, []string{"load", "renew"}},
					{"log in", logIn, []string{"load", "cycle"}},
					{"save and read", func(session *gormsession.State, _ *http.Request) {
						s.clock.Advance(24 * time.Hour)
						session.Set("name", value)
						if err := session.Save(); err != nil {
							t.Error(err)
						}
					}, []string{"load", "update", "check"}},
					{"list", func(_ *gormsession.State, r *http.Request) {
						if _, err := s.plugin.Sessions(r.Context(), user); err != nil {
							t.Error(err)
						}
					}, []string{"load", "list"}},
					{"log out", func(session *gormsession.State, _ *http.Request) { session.LogOut() },
						[]string{"end"}},
				} {
					s.spans.Reset()
					seen.take()
					var status int
					if status, key = s.visit(key, page.do); status != http.StatusOK {
						t.Errorf("%s: answered with %d", page.name, status)
					}
					operations := s.beneathRequest(page.name)
					if !slices.Equal(operations, page.want) {
						t.Errorf("%s: the spans are %q", page.name, operations)
					}
					asked := seen.take()
					if !slices.Equal(slices.Compact(asked), page.want) {
						t.Errorf("%s: the statements are asked in %q", page.name, asked)
					}
				}
			})
		}
	})
}

// A span says whether its operation has failed, by which cause, and how often it was tried.
func TestSpanOfAFailure(t *testing.T) {
	s := newSite(t, dbtest.New(t, dbtest.SQLite), gormsession.WithTimeout(soon))
	key := s.start()
	s.statements.Fail(func(sql string) error {
		if strings.HasPrefix(sql, "SELECT") {
			return errAnything
		}
		return nil
	})
	s.spans.Reset()
	s.visit(key, read)
	spans := s.spans.GetSpans()
	if len(spans) != 1 || spans[0].Status.Code != codes.Error ||
		spans[0].Status.Description != "database" || len(spans[0].Events) != 0 {
		t.Errorf("the spans are %+v", spans)
	}
}

// A callback that panics leaves no span open.
func TestSpanOfAPanic(t *testing.T) {
	s := newSite(t, dbtest.New(t, dbtest.SQLite))
	key := s.start()
	err := s.db.Callback().Row().Before("gorm:row").Register("panics", func(*gorm.DB) { panic("!") })
	if err != nil {
		t.Fatal(err)
	}
	s.spans.Reset()
	func() {
		defer func() { _ = recover() }()
		s.visit(key, read)
	}()
	spans := s.spans.GetSpans()
	if len(spans) != 1 || spans[0].Status.Description != "panic" {
		t.Errorf("the spans are %+v", spans)
	}
	_ = s.db.Callback().Row().Remove("panics")
}

// inGin is the site behind gin.
func (s *site) inGin() http.Handler {
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.Use(ginsession.Handler(s.plugin))
	router.GET("/", func(c *gin.Context) { s.page(ginsession.Get(c), c.Request) })
	return router
}

// inRequest has each request be a span, as otelhttp and otelgin do.
func (s *site) inRequest(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, span := s.trace.Tracer("site").Start(r.Context(), "request")
		defer span.End()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// beneathRequest are the operations whose spans lie beneath that of the last request, in order; one
// that does not is reported.
func (s *site) beneathRequest(page string) (operations []string) {
	s.t.Helper()
	spans := s.spans.GetSpans()
	last := len(spans) - 1
	if last < 0 || spans[last].Name != "request" {
		s.t.Fatalf("%s: the request has not ended last: %+v", page, spans)
	}
	for _, span := range spans[:last] {
		operation, ours := strings.CutPrefix(span.Name, "session ")
		if !ours || !isBeneath(span, spans[last]) {
			s.t.Errorf("%s: %s is not beneath the request", page, span.Name)
		}
		operations = append(operations, operation)
	}
	return operations
}

func isBeneath(span, parent tracetest.SpanStub) bool {
	return span.Parent.SpanID() == parent.SpanContext.SpanID() &&
		span.SpanContext.TraceID() == parent.SpanContext.TraceID()
}

// asked are the operations in whose spans statements were asked.
type asked struct {
	mu  sync.Mutex
	all []string
}

func (a *asked) take() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := a.all
	a.all = nil
	return all
}

// watchStatements notes in which span each statement is asked, as a plugin of GORM's finds it.
func (s *site) watchStatements() *asked {
	s.t.Helper()
	a := &asked{}
	note := func(tx *gorm.DB) {
		span := trace.SpanFromContext(tx.Statement.Context)
		name := "none"
		if named, ok := span.(interface{ Name() string }); ok {
			name = strings.TrimPrefix(named.Name(), "session ")
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		a.all = append(a.all, name)
	}
	callbacks := s.db.Callback()
	for _, err := range []error{
		callbacks.Row().Before("gorm:row").Register("asked", note),
		callbacks.Raw().Before("gorm:raw").Register("asked", note),
		callbacks.Create().Before("gorm:create").Register("asked", note),
		callbacks.Update().Before("gorm:update").Register("asked", note),
		callbacks.Delete().Before("gorm:delete").Register("asked", note),
	} {
		if err != nil {
			s.t.Fatal(err)
		}
	}
	return a
}
