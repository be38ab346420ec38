package plugintest

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/uptrace/opentelemetry-go-extra/otelgorm"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"gorm.io/gorm"
	"gorm.io/plugin/opentelemetry/tracing"

	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A tracer is a plugin that makes a span of each statement, and where it puts what.
type tracer struct {
	name, scope string
	text, table attribute.Key
	plugin      func(trace.TracerProvider) gorm.Plugin
}

// tracers are those in use, as they are by default, and one that is told to leave variables out.
var tracers = []tracer{
	{"gorm.io", "gorm.io/plugin/opentelemetry", "db.query.text", "db.collection.name",
		func(p trace.TracerProvider) gorm.Plugin {
			return tracing.NewPlugin(tracing.WithTracerProvider(p))
		}},
	{"gorm.io without variables", "gorm.io/plugin/opentelemetry", "db.query.text",
		"db.collection.name", func(p trace.TracerProvider) gorm.Plugin {
			return tracing.NewPlugin(tracing.WithTracerProvider(p), tracing.WithoutQueryVariables())
		}},
	{"uptrace", "github.com/uptrace/opentelemetry-go-extra/otelgorm", "db.statement", "db.sql.table",
		func(p trace.TracerProvider) gorm.Plugin {
			return otelgorm.NewPlugin(otelgorm.WithTracerProvider(p))
		}},
}

// Each statement of a request is one span beneath the request's, with its text as the database was
// given it and its table, and none shows a key, in the cookie's form or in the row's, or a value,
// whatever the plugin and its options.
func TestEachStatementIsOneSpan(t *testing.T) {
	eachTable(t, func(t *testing.T, d *dbtest.DB, config dbtest.Config, table table) {
		for _, tracer := range tracers {
			t.Run(tracer.name, func(t *testing.T) {
				s := newSite(t, dbtest.New(t, d.Kind()), table, setup{gorm: config.Gorm(), tracer: tracer})
				s.visitEach(func(page string, issued []string) {
					var texts []string
					for _, span := range s.beneathRequest(page) {
						if got := attributeOf(span, tracer.table); got != table.name {
							t.Errorf("%s: %s is of the table %q", page, span.Name, got)
						}
						texts = append(texts, attributeOf(span, tracer.text))
					}
					if !slices.Equal(texts, issued) {
						t.Errorf("%s: the spans are of %q, and the database saw %q", page, texts, issued)
					}
					s.showsNothing(page)
				})
			})
		}
	})
}

// showsNothing looks for keys and values in all spans.
func (s *site) showsNothing(page string) {
	s.t.Helper()
	all := s.everything()
	if found := shown(all, slices.Concat(s.keys, s.storedKeys(), s.data())...); found != nil {
		s.t.Errorf("%s: spans show %q: %s", page, found, all)
	}
}

// What a database says of an error is in the span, and MariaDB names the key of a row that it has
// already, which happens where the answer to an insert is lost: the row's hash, and the key itself
// in Django's table. No span shows it, whether the application has GORM translate errors or not.
func TestSpansShowNoKeyOfADuplicate(t *testing.T) {
	eachTable(t, func(t *testing.T, d *dbtest.DB, config dbtest.Config, table table) {
		for _, translated := range []bool{false, true} {
			t.Run(fmt.Sprintf("TranslateError=%t", translated), func(t *testing.T) {
				with := config.Gorm()
				with.TranslateError = translated
				s := newSite(t, dbtest.New(t, d.Kind()), table, setup{gorm: with})
				s.engine.GET("/", func(c *gin.Context) { ginsession.Get(c).Set("name", marker) })
				if config.Bare {
					s.loseInsert() // its second try is one of a transaction
				}
				s.loseAnswerOfInsert()
				issued := s.visit("", "")

				spans := s.beneathRequest("create")
				if len(spans) != len(issued) {
					t.Errorf("%d spans of %q", len(spans), issued)
				}
				if !slices.ContainsFunc(spans, func(span tracetest.SpanStub) bool {
					return span.Status.Code == codes.Error && len(span.Events) == 1 &&
						!strings.Contains(span.Status.Description, errLost.Error())
				}) {
					t.Errorf("no span is of a duplicate: %s", s.everything())
				}
				s.showsNothing("create")
			})
		}
	})
}

var errLost = fmt.Errorf("the connection is gone: %w", io.ErrUnexpectedEOF)

// loseInsert has the next INSERT lost on its way.
func (s *site) loseInsert() {
	lost := false
	s.statements.Fail(func(sql string) error {
		if lost || !strings.HasPrefix(sql, "INSERT") {
			return nil
		}
		lost = true
		return errLost
	})
}

// loseAnswerOfInsert has the next COMMIT of an INSERT carried out, and its answer lost.
func (s *site) loseAnswerOfInsert() {
	inserted, lost := false, false
	s.statements.FailAfter(func(sql string) error {
		inserted = inserted || strings.HasPrefix(sql, "INSERT")
		if lost || !inserted || sql != "COMMIT" {
			return nil
		}
		lost = true
		return errLost
	})
}

// eachTable runs f per database, setting of GORM, and table.
func eachTable(
	t *testing.T, f func(t *testing.T, d *dbtest.DB, config dbtest.Config, table table),
) {
	dbtest.EachConfig(t, func(t *testing.T, d *dbtest.DB, config dbtest.Config) {
		for _, table := range both {
			t.Run(table.name, func(t *testing.T) { f(t, d, config, table) })
		}
	})
}

// beneathRequest returns the spans of the last request besides its own, in the order in which they
// ended, and reports each that is not directly beneath that.
func (s *site) beneathRequest(page string) []tracetest.SpanStub {
	s.t.Helper()
	spans := s.spans.GetSpans()
	last := len(spans) - 1
	if last < 0 || spans[last].Name != "request" {
		s.t.Fatalf("%s: the request has not ended last: %s", page, s.everything())
	}
	request := spans[last].SpanContext
	for _, span := range spans[:last] {
		if span.InstrumentationScope.Name != s.tracer.scope ||
			span.Parent.SpanID() != request.SpanID() ||
			span.SpanContext.TraceID() != request.TraceID() {
			s.t.Errorf("%s: %s is not beneath the request", page, span.Name)
		}
	}
	return spans[:last]
}

// everything is the text of all that is in spans: names, attributes, events and status.
func (s *site) everything() string {
	var b strings.Builder
	say := func(attributes []attribute.KeyValue) {
		for _, a := range attributes {
			fmt.Fprintf(&b, " %s=%s", a.Key, a.Value.String())
		}
	}
	for _, span := range s.spans.GetSpans() {
		fmt.Fprintf(&b, "\n%s: %s %s", span.Name, span.Status.Code, span.Status.Description)
		say(span.Attributes)
		for _, event := range span.Events {
			fmt.Fprintf(&b, " [%s]", event.Name)
			say(event.Attributes)
		}
		for _, link := range span.Links {
			say(link.Attributes)
		}
		say(span.Resource.Attributes())
	}
	return b.String()
}

// attributeOf is the text of one attribute of a span.
func attributeOf(span tracetest.SpanStub, key attribute.Key) string {
	for _, a := range span.Attributes {
		if a.Key == key {
			return a.Value.String()
		}
	}
	return ""
}
