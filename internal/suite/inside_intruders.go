package suite

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// intruder is what code that runs inside of a session does with it, while a test says so.
var intruder atomic.Pointer[func(where string)]

func intrude(where string) {
	if f := intruder.Load(); f != nil {
		(*f)(where)
	}
}

// intrudedSession has a hook at everything that a save does.
type intrudedSession struct {
	gormsession.Session
	Note string `gorm:"size:100;not null"`
}

func (intrudedSession) TableName() string { return "intruded_sessions" }

func (*intrudedSession) BeforeSave(*gorm.DB) error { intrude("hook"); return nil }

func (*intrudedSession) AfterSave(*gorm.DB) error { intrude("hook"); return nil }

func (*intrudedSession) BeforeDelete(tx *gorm.DB) error { intrude("delete"); return nil }

// intrudingCodec is the JSON codec.
type intrudingCodec struct{}

func (intrudingCodec) Encode(key string, entries map[string]json.RawMessage) (string, error) {
	intrude("encode")
	return gormsession.JSON.Encode(key, entries)
}

func (intrudingCodec) Decode(key, text string) (map[string]json.RawMessage, error) {
	intrude("decode")
	return gormsession.JSON.Decode(key, text)
}

// intrudingLogger is GORM's.
type intrudingLogger struct{ logger.Interface }

func (l intrudingLogger) LogMode(logger.LogLevel) logger.Interface { return l }

func (intrudingLogger) Trace(context.Context, time.Time, func() (string, int64), error) {
	intrude("trace")
}

func (on ground) newIntrudedSite(
	t *testing.T, d *dbtest.DB, c dbtest.Config, opts ...gormsession.Option,
) *site {
	config := c.Gorm()
	config.Logger = intrudingLogger{logger.Discard}
	s := on.newSiteWith(t, d, config, append([]gormsession.Option{
		gormsession.WithCodec(intrudingCodec{}),
		gormsession.WithModel(func(row gormsession.Session, e gormsession.Entries) intrudedSession {
			intrude("build")
			return intrudedSession{Session: row, Note: fmt.Sprint(e.Get("n"))}
		}),
	}, opts...)...)
	s.table = "intruded_sessions"
	return s
}

// withIntruder has the code at one place use the session once, and returns what is said then.
func withIntruder(
	session *gormsession.State, place string, use func(*gormsession.State) error,
) (said *error) {
	said = new(error)
	once := false
	f := func(where string) {
		if where == place && !once {
			once = true
			*said = use(session)
		}
	}
	intruder.Store(&f)
	return said
}

// intrudingHandler is a handler of slog.
type intrudingHandler struct{ slog.Handler }

func (h intrudingHandler) Handle(ctx context.Context, r slog.Record) error {
	intrude("slog")
	return h.Handler.Handle(ctx, r)
}
