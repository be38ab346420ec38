package plugintest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// The recipe for tracing: what a request asks of its session is beneath the request's span, and
// what the session holds is in none.
func TestTraced(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	provider := trace.NewTracerProvider(trace.WithSyncer(spans))
	t.Cleanup(func() { _ = provider.Shutdown(t.Context()) })
	r, err := traced(dbtest.New(t, dbtest.SQLite).Open(t), provider)
	if err != nil {
		t.Fatal(err)
	}
	r.GET("/cart", func(c *gin.Context) { ginsession.Get(c).Set("cart", marker) })
	server := httptest.NewServer(r)
	defer server.Close()
	spans.Reset()
	response, err := http.Get(server.URL + "/cart")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	server.Close() // the request's span has ended then

	s := &site{t: t, spans: spans}
	all := spans.GetSpans()
	var request tracetest.SpanStub
	for _, span := range all {
		if span.Name == "/cart" {
			request = span
		}
	}
	inserts := 0
	for _, span := range all {
		if strings.HasPrefix(attributeOf(span, "db.query.text"), "INSERT") {
			inserts++
			if span.Parent.SpanID() != request.SpanContext.SpanID() {
				t.Errorf("%s is not beneath the request", span.Name)
			}
		}
	}
	if inserts != 1 || strings.Contains(s.everything(), marker) {
		t.Errorf("%d inserts are seen: %s", inserts, s.everything())
	}
}
