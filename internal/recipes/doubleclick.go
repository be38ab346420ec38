package recipes

import (
	"errors"
	"net/http"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
)

func patientSessions(db *gorm.DB) (*gormsession.Plugin, error) {
	return gormsession.New(db, gormsession.WithErrorHandler(
		func(w http.ResponseWriter, r *http.Request, err error) bool {
			if errors.Is(err, gormsession.ErrInterrupted) && r.URL.Path == "/login" {
				// The other click has logged in. Its cookie decides what the page shows.
				http.Redirect(w, r, "/account", http.StatusSeeOther)
			}
			return true // anything else gets the default answer
		}))
}
