package gormsession_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// An error middleware outside, as gin documents it, tells the client what is in c.Errors. The text
// of ours has no word of the driver's; the log has them, with the code, but neither a key nor a
// value.
func TestPublicTextHasNoDriversWords(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *dbtest.DB) {
		t.Parallel()
		slow := &logbook{}
		g := &gorm.Config{Logger: logger.New(slow, logger.Config{LogLevel: logger.Info})}
		a, _ := nodes(t, d, g)
		ended := make(chan []*gin.Error, 1) // the client has its answer before
		var page func(*gin.Context)
		engine := gin.New()
		engine.Use(func(c *gin.Context) {
			c.Next()
			if len(c.Errors) > 0 {
				c.JSON(http.StatusInternalServerError, gin.H{"error": c.Errors.Last().Error()})
			}
			ended <- c.Errors
		}, ginsession.Handler(a.plugin))
		engine.GET("/", func(c *gin.Context) { page(c) })
		server := httptest.NewServer(engine)
		t.Cleanup(server.Close)
		visit := func(key string) string {
			r, err := http.NewRequest(http.MethodGet, server.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Cookie", "session="+key)
			response, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprint(response.Status, string(body))
		}
		for verb, sentinel := range map[string]error{
			"SELECT": gormsession.ErrUnavailable,
			"UPDATE": gormsession.ErrUnavailable,
			"BEGIN":  gormsession.ErrUnavailable,
			"COMMIT": gormsession.ErrOutcomeUnknown,
			"values": gormsession.ErrRejected,
		} {
			key := a.start(map[string]any{"name": private})
			said := fmt.Errorf("driver-words at %s: %w", stored(key), refusals[d.Kind()])
			page = func(c *gin.Context) {
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
			shown := visit(key)
			heard := <-ended
			a.heals()
			if len(heard) != 1 || !errors.Is(heard[0], sentinel) {
				t.Fatalf("%s: c.Errors is %v", verb, heard)
			}
			var code error = said
			for errors.Unwrap(code) != nil {
				code = errors.Unwrap(code)
			}
			if !errors.Is(heard[0], code) {
				t.Errorf("%s: what the driver said is not within", verb)
			}
			for what, text := range map[string]string{
				"the client": shown,
				"Error":      heard[0].Error(),
				"verbs":      fmt.Sprintf("%v %q", heard[0].Err, heard[0].Err),
				"String":     gin.Error{Err: heard[0].Err}.Error(), "JSON": fmt.Sprint(heard[0].JSON()),
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
