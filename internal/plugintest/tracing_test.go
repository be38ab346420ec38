package plugintest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"gorm.io/plugin/opentelemetry/tracing"

	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// Each statement of a request is one span beneath the request's, with its text and its table, and
// of a plugin that leaves variables out none shows a key, in the cookie's form or in the row's, or
// a value.
func TestEachStatementIsOneSpan(t *testing.T) {
	eachTable(t, func(t *testing.T, d *dbtest.DB, config dbtest.Config, table table) {
		s := newSite(t, d, table, setup{gorm: config.Gorm(),
			tracing: []tracing.Option{tracing.WithoutQueryVariables()}})
		s.visitEach(func(page string, issued []string) {
			var texts []string
			for _, span := range s.beneathRequest(page) {
				if got := attributeOf(span, "db.collection.name"); got != table.name {
					t.Errorf("%s: %s is of the table %q", page, span.Name, got)
				}
				texts = append(texts, attributeOf(span, "db.query.text"))
			}
			if !slices.Equal(texts, issued) {
				t.Errorf("%s: the spans are of %q, and the database saw %q", page, texts, issued)
			}
			all := s.everything()
			if found := shown(all, slices.Concat(s.keys, s.storedKeys(), s.data())...); found != nil {
				t.Errorf("%s: spans show %q: %s", page, found, all)
			}
		})
	})
}

// By default the plugin explains the variables into the text of a statement, by the dialect and
// past the filter of our logger: the limit that docs/semantics.md names. So spans show the key as
// the row has it, and what is written. What holds all the same: each statement is one span, and no
// span shows the cookie's key where the row holds its hash, nor a value that a codec has veiled. If
// the test fails as nothing is shown any more, then the limit is no more.
func TestSpansShowVariablesByDefault(t *testing.T) {
	eachTable(t, func(t *testing.T, d *dbtest.DB, config dbtest.Config, table table) {
		s := newSite(t, d, table, setup{gorm: config.Gorm()})
		s.visitEach(func(page string, issued []string) {
			if spans := s.beneathRequest(page); len(spans) != len(issued) {
				t.Errorf("%s: %d spans of %q", page, len(spans), issued)
			}
			all := s.everything()
			if table.hashed {
				if found := shown(all, s.keys...); found != nil {
					t.Errorf("%s: spans show the keys %q", page, found)
				}
			}
			if shown(all, s.storedKeys()...) == nil {
				t.Errorf("%s: spans show no key of a row: %s", page, all)
			}
			written := page == "create" || page == "write"
			if plain := shown(all, marker) != nil; written && plain != table.plain {
				t.Errorf("%s: that spans show the value is %t: %s", page, plain, all)
			}
			if !table.plain && written && shown(all, s.data()...) == nil {
				t.Errorf("%s: spans do not show the data: %s", page, all)
			}
		})
	})
}

// What a database says of an error is in the span, and MariaDB names the key of a row that it has
// already, which happens where the answer to an insert is lost: the row's hash, and the key itself
// in Django's table. It is no variable, so that leaving these out does not help; GORM's
// TranslateError does, and the other databases do not name it. Values are not in it anywhere.
func TestSpansShowWhatMariaDBSaysOfADuplicate(t *testing.T) {
	eachTable(t, func(t *testing.T, d *dbtest.DB, config dbtest.Config, table table) {
		for _, translated := range []bool{false, true} {
			t.Run(fmt.Sprintf("TranslateError=%t", translated), func(t *testing.T) {
				with := config.Gorm()
				with.TranslateError = translated
				s := newSite(t, d, table, setup{gorm: with,
					tracing: []tracing.Option{tracing.WithoutQueryVariables()}})
				s.engine.GET("/", func(c *gin.Context) { ginsession.Get(c).Set("name", marker) })
				s.loseAnswer(map[bool]string{false: "COMMIT", true: "INSERT"}[config.Bare])
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
				all := s.everything()
				named := shown(all, s.storedKeys()...) != nil
				if want := d.Kind() == dbtest.MariaDB && !translated; named != want {
					t.Errorf("that spans name the key of the row is %t: %s", named, all)
				}
				if found := shown(all, s.data()...); found != nil {
					t.Errorf("spans show %q: %s", found, all)
				}
				if found := shown(all, s.keys...); table.hashed && found != nil {
					t.Errorf("spans show the keys %q: %s", found, all)
				}
			})
		}
	})
}

var errLost = errors.New("the connection is gone")

// loseAnswer has the next statement of that text or verb carried out, and its answer lost.
func (s *site) loseAnswer(verb string) {
	lost := false
	s.statements.FailAfter(func(sql string) error {
		if lost || !strings.HasPrefix(sql, verb) {
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
		if span.InstrumentationScope.Name != "gorm.io/plugin/opentelemetry" ||
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
