package suite

import (
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// The table is M's, WithTable's, or else the default one.
func (on behind) TestModelTable(t *testing.T) {
	type plain struct {
		gormsession.Session
		Note string
	}
	db := dbtest.New(t, dbtest.SQLite).Open(t)
	note := func(
		row gormsession.Session, _ gormsession.Entries,
	) plain {
		return plain{Session: row, Note: "x"}
	}
	for table, opts := range map[string][]gormsession.Option{
		"web_sessions":     {gormsession.WithModel(note)},
		"noted":            {gormsession.WithModel(note), gormsession.WithTable("noted")},
		"visitor_sessions": {gormsession.WithModel(visitor)},
		"visits":           {gormsession.WithTable("visits"), gormsession.WithModel(visitor)},
	} {
		s := on.newSiteOn(t, db, opts...)
		s.table = table
		if s.start(map[string]any{"n": 1}); len(s.rows()) != 1 {
			t.Errorf("%s: %d rows", table, len(s.rows()))
		}
	}
	// Own columns are the application's to add to a table that is there.
	if err := gormsession.Migrate(db, gormsession.WithTable("bare")); err != nil {
		t.Fatal(err)
	}
	_, err := gormsession.New(db, gormsession.WithModel(note), gormsession.WithTable("bare"))
	if err == nil ||
		!strings.Contains(err.Error(), "the table bare has no column note, which the model has") {
		t.Errorf("a column that is missing: %v", err)
	}
}

type (
	sessionByAnotherName struct {
		ID   int64
		Name string
	}
	sessionWithAnID struct {
		gormsession.Session
		ID int64 `gorm:"primaryKey"`
	}
	sessionWithModel struct {
		gorm.Model
		gormsession.Session
	}
	sessionToHide struct {
		gormsession.Session
		DeletedAt gorm.DeletedAt
	}
	sessionWithADefault struct {
		gormsession.Session
		Level int `gorm:"default:5"`
	}
	sessionByPointer struct {
		*gormsession.Session
		Note string
	}
	sessionWithoutData struct {
		SessionKey string `gorm:"primaryKey"`
		ExpireDate gormsession.Expiry
	}
	sessionLookalike struct {
		SessionKey, SessionData string
		ExpireDate              time.Time
	}
	sessionWithItsOwnExpiry struct {
		gormsession.Session
		ExpireDate time.Time
	}
)

func modelOf[M any]() gormsession.Option {
	return gormsession.WithModel(func(gormsession.Session, gormsession.Entries) (m M) { return m })
}

// A model that cannot hold a session is refused by New, with the sentence that mends it.
func (on behind) TestModelRefused(t *testing.T) {
	db := dbtest.New(t, dbtest.SQLite).Open(t)
	for name, c := range map[string]struct {
		model gormsession.Option
		want  string
	}{
		"no function": {
			gormsession.WithModel[visitorSession](nil), "WithModel(nil): it takes a function",
		},
		"pointer": {
			modelOf[*visitorSession](), "let it return a struct that embeds gormsession.Session",
		},
		"no struct":      {modelOf[int](), "let it return a struct that embeds gormsession.Session"},
		"interface":      {modelOf[any](), "let it return a struct that embeds gormsession.Session"},
		"not embedded":   {modelOf[sessionByAnotherName](), "embed"},
		"pointer inside": {modelOf[sessionByPointer](), "embed"},
		"a column less":  {modelOf[sessionWithoutData](), "embed"},
		"a lookalike":    {modelOf[sessionLookalike](), "embed"},
		"own expiry":     {modelOf[sessionWithItsOwnExpiry](), "expire_date"},
		"an ID":          {modelOf[sessionWithAnID](), "must be session_key alone"},
		"soft delete":    {modelOf[sessionToHide](), "must be gone"},
		"a default":      {modelOf[sessionWithADefault](), "has a default tag"},
		"gorm.Model":     {modelOf[sessionWithModel](), "must be session_key alone"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := gormsession.New(db, c.model)
			if err == nil || !strings.HasPrefix(err.Error(), "gormsession: ") ||
				!strings.Contains(err.Error(), c.want) {
				t.Errorf("New said %v", err)
			}
		})
	}
	if tables, err := db.Migrator().GetTables(); err != nil || len(tables) > 0 {
		t.Errorf("a model that was refused has made %v, %v", tables, err)
	}
}
