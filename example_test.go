package gormsession_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/exampletest"
)

func ExamplePlugin_Open() {
	db, cleanup := exampleDatabase()
	defer cleanup()
	ctx := context.Background()

	plugin, err := gormsession.New(db)
	if err != nil {
		log.Fatal(err)
	}
	s, err := plugin.Open(ctx, "") // a new session; a worker has the key of one
	if err != nil {
		log.Fatal(err)
	}
	s.Set("report", "ready")
	if err := s.Save(); err != nil { // outside of a request nobody else does
		log.Fatal(err)
	}

	again, err := plugin.Open(ctx, s.Key())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(again.Get("report"), again.IsNew())
	// Output: ready false
}

// UserSession is a row with a column of the application's own.
type UserSession struct {
	gormsession.Session
	UserID *int64 `gorm:"index"`
}

func ExampleWithModel() {
	db, cleanup := exampleDatabase()
	defer cleanup()

	plugin, err := gormsession.New(db, gormsession.WithModel(
		func(row gormsession.Session, e gormsession.Entries) UserSession {
			u := UserSession{Session: row}
			if id, ok := e.Get("user_id").(int64); ok {
				u.UserID = &id
			}
			return u
		}))
	if err != nil {
		log.Fatal(err)
	}
	for _, user := range []int64{42, 42, 7} {
		s, err := plugin.Open(context.Background(), "")
		if err != nil {
			log.Fatal(err)
		}
		s.Set("user_id", user)
		if err := s.Save(); err != nil {
			log.Fatal(err)
		}
	}

	// Log user 42 out everywhere.
	gone := db.Where("user_id = ?", 42).Delete(&UserSession{})
	fmt.Println(gone.RowsAffected, gone.Error)
	// Output: 2 <nil>
}

func ExamplePlugin_ClearExpired() {
	db, cleanup := exampleDatabase()
	defer cleanup()
	ctx := context.Background()

	plugin, err := gormsession.New(db, gormsession.WithCleanup(0)) // by a cron job instead
	if err != nil {
		log.Fatal(err)
	}
	for _, age := range []time.Duration{-time.Minute, time.Hour} {
		s, err := plugin.Open(ctx, "")
		if err != nil {
			log.Fatal(err)
		}
		s.SetExpiry(age)
		if err := s.Save(); err != nil {
			log.Fatal(err)
		}
	}

	deleted, err := plugin.ClearExpired(ctx)
	fmt.Println(deleted, err)
	// Output: 1 <nil>
}

func ExampleMigrate() {
	db, cleanup := exampleDatabase()
	defer cleanup()

	// At deployment, with the rights to make tables:
	if err := gormsession.Migrate(db, gormsession.WithTable("shop_sessions")); err != nil {
		log.Fatal(err)
	}
	// In the application, without them:
	_, err := gormsession.New(db, gormsession.WithTable("shop_sessions"),
		gormsession.WithoutMigration())
	fmt.Println(db.Migrator().HasTable("shop_sessions"), err)
	// Output: true <nil>
}

func ExampleState_Modify() {
	db, cleanup := exampleDatabase()
	defer cleanup()
	ctx := context.Background()

	plugin, err := gormsession.New(db)
	if err != nil {
		log.Fatal(err)
	}
	s, err := plugin.Open(ctx, "")
	if err != nil {
		log.Fatal(err)
	}
	s.Set("n", 5)
	if err := s.Save(); err != nil {
		log.Fatal(err)
	}

	// Two requests that have both read 5.
	increment := func(old any) any {
		n, _ := old.(int64)
		return n + 1
	}
	one, _ := plugin.Open(ctx, s.Key())
	two, _ := plugin.Open(ctx, s.Key())
	one.Modify("n", increment)
	two.Modify("n", increment)
	fmt.Println(one.Save(), two.Save(), two.Get("n"))
	// Output: <nil> <nil> 7
}

// exampleDatabase opens a SQLite file in a directory of its own.
func exampleDatabase() (*gorm.DB, func()) { return exampletest.Database() }
