package recipes

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
)

func apiSessions(db *gorm.DB) (*gormsession.Plugin, error) {
	return gormsession.New(db, gormsession.WithErrorHandler(answerInJSON))
}

// answerInJSON answers for a session that could not be loaded or saved.
func answerInJSON(w http.ResponseWriter, r *http.Request, err error) bool {
	if !strings.HasPrefix(r.URL.Path, "/api/") {
		return true // nothing is written, so the answer is the default one
	}
	status, code := http.StatusInternalServerError, "internal"
	switch {
	case errors.Is(err, gormsession.ErrInterrupted):
		status, code = http.StatusUnauthorized, "logged_out"
	case errors.Is(err, gormsession.ErrOutcomeUnknown): // look before you do it again
		status, code = http.StatusServiceUnavailable, "perhaps_done"
	case errors.Is(err, gormsession.ErrUnavailable):
		w.Header().Set("Retry-After", "5")
		status, code = http.StatusServiceUnavailable, "not_done"
	case errors.Is(err, gormsession.ErrUserLimit):
		status, code = http.StatusForbidden, "too_many_devices"
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": code})
	return true
}
