package gormsession_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/seed7368b609/gormsession"
)

func ExamplePlugin_DeleteRow() {
	db, cleanup := exampleDatabase()
	defer cleanup()
	ctx := context.Background()

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
	for _, age := range []time.Duration{time.Hour, time.Hour, -time.Hour} {
		s, err := plugin.Open(ctx, "")
		if err != nil {
			log.Fatal(err)
		}
		s.Set("user_id", 42)
		s.SetExpiry(age)
		if err := s.Save(); err != nil {
			log.Fatal(err)
		}
	}

	// A list of the user's devices, without those that have expired, and the end of one of them.
	now := gormsession.Expiry{Time: time.Now()}
	var devices []UserSession
	if err := db.Where("user_id = ? AND expire_date > ?", 42, now).Find(&devices).Error; err != nil {
		log.Fatal(err)
	}
	if err := plugin.DeleteRow(ctx, devices[0].Session); err != nil {
		log.Fatal(err)
	}

	var left int64
	err = db.Model(&UserSession{}).Where("expire_date > ?", now).Count(&left).Error
	fmt.Println(len(devices), left, err)
	// Output: 2 1 <nil>
}
