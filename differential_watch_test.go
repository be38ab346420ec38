package gormsession_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"

	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/plainmodel"
)

var errNoAnswer = errors.New("the answer never came")

// refuse is what the database says before it does anything.
func (tw *twin) refuse(sql string) error {
	tw.mu.Lock()
	defer tw.mu.Unlock()
	switch verb := verbOf(sql); {
	case verb == tw.fault.Refuses:
		switch tw.kind {
		case dbtest.Postgres:
			return &pgconn.PgError{Severity: "ERROR", Code: "53100"}
		case dbtest.MariaDB:
			return &mysql.MySQLError{Number: 1021}
		}
		return sqlite3.Error{Code: sqlite3.ErrIoErr}
	case verb == "COMMIT" && tw.fault.Loses == plainmodel.LostRequest:
		return tw.lost()
	}
	return nil
}

// lose loses the answer to a COMMIT.
func (tw *twin) lose(sql string) error {
	tw.mu.Lock()
	defer tw.mu.Unlock()
	if verbOf(sql) == "COMMIT" && tw.fault.Loses == plainmodel.LostAnswer {
		return tw.lost()
	}
	return nil
}

func (tw *twin) lost() error {
	if tw.fault.Once {
		tw.fault.Loses = plainmodel.NoLoss
	}
	return errNoAnswer
}

func verbOf(sql string) string {
	verb, _, _ := strings.Cut(sql, " ")
	return verb
}

// A twinLog notes what is logged, by the names of the model.
type twinLog struct{ *twin }

func (l twinLog) Enabled(context.Context, slog.Level) bool { return true }
func (l twinLog) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l twinLog) WithGroup(string) slog.Handler            { return l }

func (l twinLog) Handle(_ context.Context, r slog.Record) error {
	line := r.Message
	for _, known := range []struct{ part, name string }{
		{"no cookie of a session has come back", ""},
		{"the session was not saved", "not saved: "},
		{"the session was not loaded", "not loaded: "},
		{"was changed after the response's header", "late, not saved: "},
		{"the session was not flushed", "not flushed: "},
		{"Session data corrupted", "data corrupted"},
		{"several cookies", "several cookies"},
		{"let shared caches keep it", "made private"},
		{"was first read after", "first read after the header"},
	} {
		if strings.Contains(r.Message, known.part) {
			line = known.name
		}
	}
	if strings.HasSuffix(line, ": ") {
		r.Attrs(func(a slog.Attr) bool {
			if a.Key == "error" {
				line += string(errorNamed(a.Value.String()))
			}
			return true
		})
	}
	if line != "" {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.log = append(l.log, line)
	}
	return nil
}
