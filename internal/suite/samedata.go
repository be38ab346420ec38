package suite

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// A save finds its own row whatever the charset of the column is that holds the data, and also
// where the library itself makes the table in a database of that charset.
func (on cases) TestCharsetOfTheData(t *testing.T) {
	for _, charset := range []string{
		"ucs2", "utf16", "utf16le", "utf32", "utf8mb3", "utf8mb4", "latin1", "ascii", "binary",
	} {
		for _, made := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, made %t", charset, made), func(t *testing.T) {
				t.Parallel()
				d := dbtest.New(t, dbtest.MariaDB)
				first := "ALTER DATABASE CHARACTER SET " + charset
				if !made {
					first = "CREATE TABLE web_sessions (session_key varchar(64) PRIMARY KEY, " +
						"session_data longtext NOT NULL, expire_date datetime(6) NOT NULL) CHARACTER SET " + charset
				}
				if err := d.Open(t).Exec(first).Error; err != nil {
					t.Fatal(err)
				}
				s := on.newSite(t, d)
				key := s.start(map[string]any{"name": "Ann", "n": 1})
				for what, page := range map[string]func(*Call){
					"written": writeName("Zoë 🐘"),
					"counted": increment,
				} {
					got := s.visit(key, page)
					if got.status != http.StatusOK || got.verbs() != s.single("SELECT BEGIN UPDATE COMMIT") &&
						got.verbs() != "SELECT BEGIN UPDATE COMMIT" {
						t.Errorf("%s: %d %s\n%s", what, got.status, got.verbs(), s.log)
					}
				}
				login := s.visit(key, pageC)
				if login.cookieIs(key) != "new" {
					t.Fatalf("a login: %d %s\n%s", login.status, login.line, s.log)
				}
				got := s.entries(login.cookie.Value)
				if got["name"] != "Zoë 🐘" || got["n"] != int64(2) {
					t.Errorf("the session holds %v", got)
				}
			})
		}
	}
}

// A save that was overtaken notices it where the two texts differ by what a collation of the column
// overlooks: case, or spaces at the end.
func (on cases) TestCollationOfTheData(t *testing.T) {
	for kind, columns := range map[dbtest.Kind][]string{
		dbtest.SQLite:  {"text COLLATE NOCASE", "text COLLATE RTRIM"},
		dbtest.MariaDB: {"longtext COLLATE utf8mb4_general_ci", "longtext COLLATE utf16_general_ci"},
	} {
		for _, column := range columns {
			d := dbtest.New(t, kind)
			if err := d.Open(t).Exec("CREATE TABLE web_sessions (session_key varchar(64) PRIMARY KEY, " +
				"session_data " + column + " NOT NULL, expire_date datetime(6) NOT NULL)").Error; err != nil {
				t.Fatal(err)
			}
			s := on.newSite(t, d)
			key := s.start(map[string]any{"name": "ann"})
			got := s.visit(key, func(c *Call) {
				c.Session().Set("n", 1)
				s.visit(key, writeName("ANN"))
			})
			if now := s.entries(key); got.status != http.StatusOK || now["name"] != "ANN" ||
				now["n"] != int64(1) {
				t.Errorf("%s: %d, the session holds %v\n%s", column, got.status, now, s.log)
			}
		}
	}
}
