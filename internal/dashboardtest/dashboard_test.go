package dashboardtest

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	grafana "github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

const file = "../../otelsession/grafana.json"

var update = flag.Bool("update", false, "write the picture into docs")

// A dashboard is what is read of the file.
type dashboard struct {
	UID    string
	Panels []panel
}

type panel struct {
	Title   string
	Type    string
	Targets []target
	GridPos struct{ X, Y, W, H int }

	FieldConfig struct {
		Defaults struct{ Unit string }
	}
	Datasource datasource
}

type target struct {
	Expr, LegendFormat string
	Datasource         datasource
}

type datasource struct{ Type, UID string }

func read(t *testing.T) (text []byte, d dashboard) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &d)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text, d
}

// Grafana's own reader takes the file, with no field that it does not know, and the file names no
// dashboard and no data source that only one Grafana has.
func TestDashboardCanBeImported(t *testing.T) {
	text, d := read(t)
	plugins.RegisterDefaultPlugins()
	//lint:ignore SA1019 the form that Grafana's of each version import
	var strict grafana.Dashboard
	for _, err := range []error{strict.UnmarshalJSONStrict(text), strict.Validate()} {
		if err != nil && err.Error() != "" { // a list of errors, which may be empty
			t.Error(err)
		}
	}
	if d.UID != "" {
		t.Errorf("it has the uid %s", d.UID)
	}
	own := datasource{"prometheus", "${datasource}"}
	for _, p := range d.Panels {
		if p.Datasource != own {
			t.Errorf("%s is of %v", p.Title, p.Datasource)
		}
		for _, target := range p.Targets {
			if target.Datasource != own {
				t.Errorf("%s asks %v", p.Title, target.Datasource)
			}
		}
	}
}

// Each query of the dashboard has an answer for an application that was under load, and whose
// database was away for a while. The picture shows the answers.
func TestEachQueryHasAnAnswer(t *testing.T) {
	_, d := read(t)
	p := newPrometheus(t)
	underLoad(t, p)
	var drawn []drawing
	for _, panel := range d.Panels {
		one := drawing{panel: panel}
		for _, target := range panel.Targets {
			answer := p.ask(target.Expr)
			if len(answer) == 0 {
				t.Errorf("%s: %s has no answer", panel.Title, target.Expr)
			}
			for _, line := range answer {
				one.lines = append(one.lines, line.named(target.LegendFormat))
			}
		}
		drawn = append(drawn, one)
	}
	at := t.TempDir()
	if *update {
		at = "../../docs"
	}
	if err := picture(filepath.Join(at, "telemetry.svg"), p.begin, drawn); err != nil {
		t.Error(err)
	}
}
