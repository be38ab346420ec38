package recipes

import (
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
)

func shopSessions(db *gorm.DB) (*gormsession.Plugin, error) {
	return gormsession.New(db,
		gormsession.WithCookieName("shop_session"), gormsession.WithTable("shop_sessions"))
}

func officeSessions(db *gorm.DB) (*gormsession.Plugin, error) {
	return gormsession.New(db,
		gormsession.WithCookieName("office_session"), gormsession.WithTable("office_sessions"))
}
