package dbtest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"
)

var errInjected = errors.New("injected")

// on returns a function for Fail and FailAfter that hits statements of one verb.
func on(verb string) func(string) error {
	return func(sql string) error {
		if strings.HasPrefix(sql, verb) {
			return errInjected
		}
		return nil
	}
}

// verbs returns the first word of each recorded statement.
func verbs(s *Statements) []string {
	all := s.All()
	for i, sql := range all {
		all[i], _, _ = strings.Cut(sql, " ")
	}
	return all
}

func wantVerbs(t *testing.T, s *Statements, want ...string) {
	t.Helper()
	if got := verbs(s); !slices.Equal(got, want) {
		t.Errorf("recorded %q, want the verbs %q", s.All(), want)
	}
}

// eachCounted runs f on a counted pool of one connection, so that a connection
// that was left inside a transaction would show, with a table for notes.
func eachCounted(
	t *testing.T, f func(t *testing.T, db *gorm.DB, s *Statements), opts ...gorm.Option,
) {
	Each(t, func(t *testing.T, d *DB) {
		t.Parallel()
		db, s := d.OpenCounted(t, opts...)
		if n := s.Count(); n != 0 {
			t.Errorf("opening the pool left %q", s.All())
		}
		pool, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		pool.SetMaxOpenConns(1)
		if err := db.AutoMigrate(&note{}); err != nil {
			t.Fatal(err)
		}
		s.Reset()
		f(t, db, s)
	})
}

func insert(db *gorm.DB, id int64) error {
	return db.Exec("INSERT INTO notes (id, text) VALUES (?, ?)", id, "x").Error
}

func stored(t *testing.T, db *gorm.DB) []int64 {
	t.Helper()
	ids := []int64{}
	if err := db.Model(&note{}).Order("id").Pluck("id", &ids).Error; err != nil {
		t.Fatal(err)
	}
	return ids
}

func wantStored(t *testing.T, db *gorm.DB, want ...int64) {
	t.Helper()
	if got := stored(t, db); !slices.Equal(got, want) {
		t.Errorf("stored %v, want %v", got, want)
	}
}

func TestStatementsAreRecordedInOrder(t *testing.T) {
	for name, opt := range map[string]*gorm.Config{"plain": {}, "prepared": {PrepareStmt: true}} {
		t.Run(name, func(t *testing.T) {
			eachCounted(t, func(t *testing.T, db *gorm.DB, s *Statements) {
				if err := db.Create(&note{ID: 1, Text: "a"}).Error; err != nil {
					t.Fatal(err)
				}
				wantVerbs(t, s, "BEGIN", "INSERT", "COMMIT")
				if n := s.Count(); n != 1 {
					t.Errorf("counted %d statements, want 1", n)
				}

				s.Reset()
				for range 3 {
					var got note
					if err := db.Where("text = ?", "a").Take(&got).Error; err != nil || got.ID != 1 {
						t.Fatalf("read %+v, %v", got, err)
					}
				}
				wantVerbs(t, s, "SELECT", "SELECT", "SELECT")

				s.Reset()
				err := db.Transaction(func(tx *gorm.DB) error {
					if err := tx.Model(&note{}).Where("id = ?", 1).Update("text", "b").Error; err != nil {
						return err
					}
					return errInjected
				})
				if !errors.Is(err, errInjected) {
					t.Fatal(err)
				}
				wantVerbs(t, s, "BEGIN", "UPDATE", "ROLLBACK")
			}, opt)
		})
	}
}

func TestFailComesBeforeTheStatement(t *testing.T) {
	eachCounted(t, func(t *testing.T, db *gorm.DB, s *Statements) {
		for i, verb := range []string{"BEGIN", "INSERT", "COMMIT"} {
			s.Fail(on(verb))
			err := db.Transaction(func(tx *gorm.DB) error { return insert(tx, int64(i)) })
			if !errors.Is(err, errInjected) {
				t.Errorf("%s failed with %v", verb, err)
			}
		}
		wantVerbs(t, s, "BEGIN",
			"BEGIN", "INSERT", "ROLLBACK",
			"BEGIN", "INSERT", "COMMIT")
		s.Fail(on("SELECT"))
		if err := db.Take(&note{}).Error; !errors.Is(err, errInjected) {
			t.Errorf("SELECT failed with %v", err)
		}
		s.Fail(nil)
		wantStored(t, db)
		if err := insert(db, 9); err != nil {
			t.Errorf("the connection is of no more use: %v", err)
		}
		wantStored(t, db, 9)
	})
}

func TestFailAfterLosesTheAnswerOnly(t *testing.T) {
	eachCounted(t, func(t *testing.T, db *gorm.DB, s *Statements) {
		s.FailAfter(on("INSERT"))
		if err := insert(db, 1); !errors.Is(err, errInjected) {
			t.Errorf("INSERT failed with %v", err)
		}
		var id int64
		err := db.Raw("INSERT INTO notes (id, text) VALUES (?, ?) RETURNING id", 2, "x").Scan(&id).Error
		if !errors.Is(err, errInjected) || id != 0 {
			t.Errorf("INSERT RETURNING gave %d, %v", id, err)
		}
		s.FailAfter(on("COMMIT"))
		err = db.Transaction(func(tx *gorm.DB) error { return insert(tx, 3) })
		if !errors.Is(err, errInjected) {
			t.Errorf("COMMIT failed with %v", err)
		}
		s.FailAfter(on("BEGIN"))
		err = db.Transaction(func(tx *gorm.DB) error { return insert(tx, 4) })
		if !errors.Is(err, errInjected) {
			t.Errorf("BEGIN failed with %v", err)
		}
		s.FailAfter(nil)
		wantStored(t, db, 1, 2, 3)
		// None of it left the connection inside a transaction.
		if err := db.Transaction(func(tx *gorm.DB) error { return insert(tx, 5) }); err != nil {
			t.Errorf("the connection is of no more use: %v", err)
		}
		wantStored(t, db, 1, 2, 3, 5)
	})
}

// An error of the driver's stays what it is, and is not taken for an answer.
func TestDriverErrorsPassThrough(t *testing.T) {
	eachCounted(t, func(t *testing.T, db *gorm.DB, s *Statements) {
		s.FailAfter(func(sql string) error {
			t.Errorf("answered: %s", sql)
			return nil
		})
		if err := db.Exec("SELECT * FROM nowhere WHERE id = ?", 1).Error; err == nil {
			t.Error("a table that does not exist was read")
		}
		s.FailAfter(nil)
		if err := insert(db, 1); err != nil {
			t.Fatal(err)
		}
		if err := insert(db, 1); !errors.Is(err, gorm.ErrDuplicatedKey) {
			t.Errorf("a duplicate is reported as %v", err)
		}
	}, &gorm.Config{TranslateError: true})
}

func TestHookHoldsAStatement(t *testing.T) {
	eachCounted(t, func(t *testing.T, db *gorm.DB, s *Statements) {
		held, release := make(chan string), make(chan struct{})
		s.Hook(func(sql string) {
			if strings.HasPrefix(sql, "INSERT") {
				held <- sql
				<-release
			}
		})
		done := make(chan error, 1)
		go func() { done <- insert(db, 1) }()
		select {
		case <-held:
		case err := <-done:
			t.Fatalf("the statement was not held: %v", err)
		}
		wantVerbs(t, s, "INSERT")
		close(release)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		s.Hook(nil)
		wantStored(t, db, 1)
	})
}
