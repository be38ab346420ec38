package recipes

import (
	"errors"
	"net/http"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
)

func redirectingSessions(db *gorm.DB) (*gormsession.Plugin, error) {
	return gormsession.New(db, gormsession.WithErrorHandler(
		func(w http.ResponseWriter, r *http.Request, err error) bool {
			if errors.Is(err, gormsession.ErrInterrupted) {
				http.Redirect(w, r, "/login", http.StatusSeeOther)
			}
			return true // anything else gets the default answer
		}))
}
