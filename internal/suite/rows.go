package suite

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"testing"
	"time"

	"gorm.io/gorm"
)

// stored is the key as the row of the default table holds it.
func stored(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// A row is what the table holds.
type row struct {
	data   string
	expire time.Time
}

// rows reads the table past the library, by the key as stored.
func (s *site) rows() map[string]row {
	s.t.Helper()
	return rowsOf(s.t, s.db, s.table)
}

func rowsOf(t testing.TB, db *gorm.DB, table string) map[string]row {
	t.Helper()
	expire := map[string]string{
		"sqlite":   "CAST(expire_date AS BLOB)", // no driver makes a time of that
		"postgres": "to_char(expire_date AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
		"mysql":    "CAST(expire_date AS CHAR)",
	}[db.Dialector.Name()]
	var found []struct{ SessionKey, SessionData, Expire string }
	if err := db.Raw("SELECT session_key, session_data, " + expire + " AS expire FROM " +
		table).Scan(&found).Error; err != nil {
		t.Fatal(err)
	}
	rows := make(map[string]row, len(found))
	for _, f := range found {
		at, err := time.Parse("2006-01-02 15:04:05", f.Expire)
		if err != nil {
			t.Fatal(err)
		}
		rows[f.SessionKey] = row{nonce.ReplaceAllString(f.SessionData, ""), at}
	}
	return rows
}

// nonce is the white space that marks the text of a save that must not be done twice. It means
// nothing to whoever reads the row.
var nonce = regexp.MustCompile(`[ \t\r\n]{20}`)
