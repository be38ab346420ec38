package suite

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A framework that is told of errors may show them to the client. The text of ours has no word of
// the driver's; the log has them, with the code, but neither a key nor a value.
func (on cases) TestPublicTextHasNoDriversWords(t *testing.T) {
	on.needs(t, Collect)
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		slow := &logbook{}
		g := &gorm.Config{Logger: logger.New(slow, logger.Config{LogLevel: logger.Info})}
		a, _ := on.nodes(t, d, g)
		told := make(chan []error, 1) // the client has its answer before
		a.told = func(errs []error) { told <- errs }
		for verb, sentinel := range map[string]error{
			"SELECT": gormsession.ErrUnavailable,
			"UPDATE": gormsession.ErrUnavailable,
			"BEGIN":  gormsession.ErrUnavailable,
			"COMMIT": gormsession.ErrOutcomeUnknown,
			"values": gormsession.ErrRejected,
		} {
			key := a.start(map[string]any{"name": private})
			<-told
			said := fmt.Errorf("driver-words at %s: %w", stored(key), refusals[d.Kind()])
			page := func(c *Call) {
				increment(c)
				if verb == "COMMIT" {
					a.statements.FailAfter(first("COMMIT", said, func() {
						a.statements.Fail(failing("BEGIN", refusals[d.Kind()]))
					}))
				}
			}
			switch verb {
			case "values":
				said = fmt.Errorf("driver-words: %w", codesOf[d.Kind()].refused[0])
				a.statements.Fail(failing("UPDATE", said))
			case "COMMIT":
				said = fmt.Errorf("driver-words at %s: %w", stored(key), lost[d.Kind()])
			default:
				a.statements.Fail(failing(verb, said))
			}
			got := a.visit(key, page)
			heard := <-told
			a.heals()
			if len(heard) != 1 || !errors.Is(heard[0], sentinel) {
				t.Fatalf("%s: the framework was told %v", verb, heard)
			}
			var code error = said
			for errors.Unwrap(code) != nil {
				code = errors.Unwrap(code)
			}
			if !errors.Is(heard[0], code) {
				t.Errorf("%s: what the driver said is not within", verb)
			}
			for what, text := range map[string]string{
				"the client": fmt.Sprint(got.status, got.header, got.body),
				"Error":      heard[0].Error(),
				"verbs":      fmt.Sprintf("%v %q", heard[0], heard[0]),
			} {
				for _, no := range []string{
					"driver-words", "read-only", "readonly", "SQLSTATE", "Error 1290", "EOF",
					"deadline", "invalid connection", key, stored(key), private,
				} {
					if strings.Contains(text, no) {
						t.Errorf("%s: %s shows %q: %s", verb, what, no, text)
					}
				}
			}
		}
		switch d.Kind() {
		case dbtest.Postgres:
			a.log.wants(t, "25006", "SQLSTATE 22000")
		case dbtest.MariaDB:
			a.log.wants(t, "Error 1290", "error 1048")
		default:
			a.log.wants(t, "attempt to write a readonly database", "constraint failed")
		}
		for what, log := range map[string]*logbook{"our log": a.log, "GORM's log": slow} {
			checkSecrets(t, what, log, &keyring{})
			for key := range a.rows() {
				if strings.Contains(log.String(), key) {
					t.Errorf("%s names a key", what)
				}
			}
		}
	})
}
