package suite

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
)

// A probe hears of each hook that runs, and what the hook sees.
type probe struct {
	mu    sync.Mutex
	heard []string
	fails map[string]error // by the hook's name
	audit bool             // hooks write another table too
}

func (p *probe) hook(tx *gorm.DB, name string, key, data string, user int64) error {
	if p == nil { // a delete has no row
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	data = nonce.ReplaceAllString(data, "")
	p.heard = append(p.heard, fmt.Sprintf("%s %.8s %s user %d", name, key, data, user))
	if p.audit {
		if _, err := tx.DB(); err != nil {
			return err
		}
		if err := tx.Exec("INSERT INTO audits (what) VALUES (?)", name).Error; err != nil {
			return err
		}
	}
	return p.fails[name]
}

func (p *probe) take() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	heard := p.heard
	p.heard = nil
	return heard
}

// watchedSession has hooks with pointer receivers, which may change the row.
type watchedSession struct {
	gormsession.Session
	UserID  int64
	Stamp   string    `gorm:"size:40"`
	Changed time.Time `gorm:"autoUpdateTime"`
	probe   *probe
}

func (watchedSession) TableName() string { return "watched_sessions" }

func (s *watchedSession) run(tx *gorm.DB, name string) error {
	if strings.HasPrefix(name, "Before") && name != "BeforeSave" {
		s.Stamp = fmt.Sprint(s.Stamp, name, s.UserID)
	}
	return s.probe.hook(tx, name, s.SessionKey, s.SessionData, s.UserID)
}

func (s *watchedSession) BeforeSave(tx *gorm.DB) error { return s.run(tx, "BeforeSave") }

func (s *watchedSession) BeforeCreate(tx *gorm.DB) error { return s.run(tx, "BeforeCreate") }

func (s *watchedSession) BeforeUpdate(tx *gorm.DB) error { return s.run(tx, "BeforeUpdate") }

func (s *watchedSession) AfterSave(tx *gorm.DB) error { return s.run(tx, "AfterSave") }

func (s *watchedSession) AfterCreate(tx *gorm.DB) error { return s.run(tx, "AfterCreate") }

func (s *watchedSession) AfterUpdate(tx *gorm.DB) error { return s.run(tx, "AfterUpdate") }

// valueSession has hooks with value receivers, which change the row by SetColumn.
type valueSession struct {
	gormsession.Session
	UserID  int64
	Stamp   string    `gorm:"size:40"`
	Changed time.Time `gorm:"autoUpdateTime"`
	probe   *probe
}

func (valueSession) TableName() string { return "watched_sessions" }

func (s valueSession) run(tx *gorm.DB, name string) error {
	if strings.HasPrefix(name, "Before") && name != "BeforeSave" {
		tx.Statement.SetColumn("Stamp", fmt.Sprint(name, s.UserID))
	}
	return s.probe.hook(tx, name, s.SessionKey, s.SessionData, s.UserID)
}

func (s valueSession) BeforeSave(tx *gorm.DB) error { return s.run(tx, "BeforeSave") }

func (s valueSession) BeforeCreate(tx *gorm.DB) error { return s.run(tx, "BeforeCreate") }

func (s valueSession) BeforeUpdate(tx *gorm.DB) error { return s.run(tx, "BeforeUpdate") }

func (s valueSession) AfterSave(tx *gorm.DB) error { return s.run(tx, "AfterSave") }

func (s valueSession) AfterCreate(tx *gorm.DB) error { return s.run(tx, "AfterCreate") }

func (s valueSession) AfterUpdate(tx *gorm.DB) error { return s.run(tx, "AfterUpdate") }

// watched makes the two models.
func watched(p *probe) map[string]gormsession.Option {
	return map[string]gormsession.Option{
		"pointer": gormsession.WithModel(
			func(row gormsession.Session, e gormsession.Entries) watchedSession {
				id, _ := e.Get("user").(int64)
				return watchedSession{Session: row, UserID: id, probe: p}
			}),
		"value": gormsession.WithModel(
			func(row gormsession.Session, e gormsession.Entries) valueSession {
				id, _ := e.Get("user").(int64)
				return valueSession{Session: row, UserID: id, probe: p}
			}),
	}
}
