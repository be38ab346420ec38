// Package suite holds what every adapter has to show: the cases of sessions over real HTTP, on real
// databases, written against no framework. An adapter's package runs them with
//
//	func TestMain(m *testing.M)    { os.Exit(suite.Main(m, adapter)) }
//	func TestSuite(t *testing.T) { suite.Exercise(t, adapter) }
//
// and `go test -run TestSuite/Outcomes` runs one of them, which is the method TestOutcomes here. A
// file holds the cases of a theme, and a case says its rule in the sentence above it.
package suite

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession"
)

// An Adapter is what the cases know of a web framework and of the adapter for it.
type Adapter struct {
	// Mount serves an application.
	Mount func(Application) http.Handler

	// Lacks says why the framework cannot do something: the cases that need it are skipped.
	Lacks map[Ability]string

	// Gorm names the one of dbtest.Configs that a run is of where dbtest.ConfigVariable names none:
	// each adapter has another one, and `make matrix` gives each of them all. Empty, it is all.
	Gorm string
}

// An Application is a page with a session, and what surrounds it.
type Application struct {
	// Plugin keeps the session.
	Plugin *gormsession.Plugin

	// Page answers each request, whatever its path. A panic of it passes the session and is
	// answered with 500 outside of it.
	Page func(*Call)

	// Told hears, once a request has ended, which errors of its session the framework was told,
	// where it has a place for such.
	Told func(errs []error)
}

// An Ability is something that not every framework can do.
type Ability string

const (
	// Stream is to send what there is of a response before the handler has ended.
	Stream Ability = "stream"
	// Collect is to have a place where errors of a request are collected: see Application.Told.
	Collect Ability = "collect"
)

// Exercise runs the cases that an adapter has a part in, each as a subtest.
func Exercise(t *testing.T, a Adapter) {
	run(t, cases{ground{adapter: a}})
}

// ExerciseBehind runs the cases of what lies behind every adapter, once for all of them: they need
// what the root opens to its own tests, or look at no request at all.
func ExerciseBehind(t *testing.T, a Adapter, inside Inside) {
	run(t, behind{ground{adapter: a, inside: inside}})
}

// Inside is what the root opens to its own tests.
type Inside struct {
	// WithNewKey sets the source of session keys.
	WithNewKey func(newKey func() string) gormsession.Option

	// AwaitSweep returns when no sweep is running that an insert before has begun.
	AwaitSweep func(*gormsession.Plugin)
}

type (
	// cases are the methods that Exercise runs.
	cases struct{ ground }
	// behind are the methods that ExerciseBehind runs.
	behind struct{ ground }
	// ground is what a case stands on.
	ground struct {
		adapter Adapter
		inside  Inside
	}
)

// run runs each case of a group under its name.
func run(t *testing.T, group any) {
	all := reflect.ValueOf(group)
	for i := range all.NumMethod() {
		name := strings.TrimPrefix(all.Type().Method(i).Name, "Test")
		t.Run(name, all.Method(i).Interface().(func(*testing.T)))
	}
}

// needs skips a case where the framework lacks an ability.
func (on ground) needs(t *testing.T, ability Ability) {
	t.Helper()
	if why, lacks := on.adapter.Lacks[ability]; lacks {
		t.Skipf("no %s: %s", ability, why)
	}
}
