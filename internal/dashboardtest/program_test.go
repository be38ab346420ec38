package dashboardtest

import (
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/otelsession"
)

// serveMetrics is the program of docs/telemetry.md.
func serveMetrics() {
	reader, err := exporter.New()
	if err != nil {
		log.Fatal(err)
	}
	otel.SetMeterProvider(metric.NewMeterProvider(metric.WithReader(reader)))
	http.Handle("/metrics", promhttp.Handler())
}

// The program tells Prometheus of a session.
func TestMetricsAreServed(t *testing.T) {
	serveMetrics()
	plugin, err := gormsession.New(dbtest.New(t, dbtest.SQLite).Open(t), otelsession.Instrument())
	if err != nil {
		t.Fatal(err)
	}
	session, err := plugin.Open(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Save(); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	http.DefaultServeMux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if !strings.Contains(w.Body.String(), "\ngormsession_sessions_created_total{") {
		t.Errorf("it serves\n%s", w.Body)
	}
}
