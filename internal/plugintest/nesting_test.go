package plugintest

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/contrib/instrumentation/github.com/gin-gonic/gin/otelgin"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/httpsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/otelsession"
)

// The spans of a request lie in each other: that of otelgin or otelhttp, those of the session's
// operations, and those that GORM's plugin makes of statements; and none shows a key or a value.
func TestSpansLieInEachOther(t *testing.T) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, config dbtest.Config) {
		for _, tracer := range tracers[1:] {
			for name, serve := range map[string]func(db *gorm.DB) http.Handler{
				"gin": inGin, "net-http": inHTTP,
			} {
				t.Run(name+" with "+tracer.name, func(t *testing.T) {
					s := newSite(t, dbtest.New(t, d.Kind()), own,
						setup{gorm: config.Gorm(), tracer: tracer})
					before := otel.GetTracerProvider()
					otel.SetTracerProvider(s.provider)
					defer otel.SetTracerProvider(before)
					handler := serve(s.db)
					key := s.start()
					s.spans.Reset()
					r := httptest.NewRequest(http.MethodGet, "/", nil)
					r.Header.Set("Cookie", "session="+key)
					w := httptest.NewRecorder()
					handler.ServeHTTP(w, r)
					if w.Body.String() != marker+" goes" {
						t.Errorf("the page is %q", w.Body)
					}
					s.know()
					want := []string{
						"/: request", "/request/: session load", "/request/session load/: statement",
						"/request/: session update", "/request/session update/: statement",
					}
					if got := s.tree(); !slices.Equal(sorted(got), sorted(want)) {
						t.Errorf("the spans are %q", got)
					}
					s.showsNothing("a change")
				})
			}
		}
	})
}

func inGin(db *gorm.DB) http.Handler {
	r := gin.New()
	r.Use(otelgin.Middleware("shop"))
	r.Use(ginsession.New(db, otelsession.Instrument()))
	r.GET("/", func(c *gin.Context) { c.String(http.StatusOK, change(ginsession.Get(c))) })
	return r
}

func inHTTP(db *gorm.DB) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, change(httpsession.Get(r)))
	})
	session := httpsession.New(db, otelsession.Instrument())
	handler := otelhttp.NewHandler(session(mux), "shop")
	return handler
}

func change(session *gormsession.State) string {
	name, _ := session.Get("name").(string)
	session.Set("name", name+" goes")
	return name + " goes"
}

// tree are the spans, each with those that it lies in.
func (s *site) tree() (all []string) {
	spans := s.spans.GetSpans()
	var path func(span tracetest.SpanStub) string
	named := func(span tracetest.SpanStub) string {
		switch scope := span.InstrumentationScope.Name; {
		case strings.Contains(scope, "contrib/instrumentation"):
			return "request"
		case scope == s.tracer.scope:
			return "statement"
		}
		return span.Name
	}
	path = func(span tracetest.SpanStub) string {
		for _, other := range spans {
			if other.SpanContext.SpanID() == span.Parent.SpanID() {
				return path(other) + named(other) + "/"
			}
		}
		return "/"
	}
	for _, span := range spans {
		all = append(all, path(span)+": "+named(span))
	}
	return all
}

func sorted(texts []string) []string { return slices.Sorted(slices.Values(texts)) }

// counted is the program of docs/telemetry.md that counts live sessions.
func counted(db *gorm.DB) *gormsession.Plugin {
	plugin, err := gormsession.New(db, otelsession.Instrument())
	if err != nil {
		log.Fatal(err)
	}
	if _, err := otelsession.ObserveLive(plugin, time.Minute); err != nil {
		log.Fatal(err)
	}
	return plugin
}

// The program does.
func TestCountedProgram(t *testing.T) {
	if counted(dbtest.New(t, dbtest.SQLite).Open(t)) == nil {
		t.Error("there is no plugin")
	}
}
