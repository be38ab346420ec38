package dbtest

import "testing"

// An account has the rights that it is given, and no others.
func TestAs(t *testing.T) {
	for _, k := range serverKinds {
		t.Run(string(k), func(t *testing.T) {
			t.Parallel()
			d := New(t, k)
			db := d.Open(t)
			for _, statement := range []string{"CREATE TABLE a (n int)", "CREATE TABLE b (n int)"} {
				if err := db.Exec(statement).Error; err != nil {
					t.Fatal(err)
				}
			}
			other := d.As(t, "GRANT SELECT ON a TO %s").Open(t)
			var rows []int // MySQL's driver waits for ever when told to Exec a prepared SELECT
			if err := other.Raw("SELECT n FROM a").Scan(&rows).Error; err != nil {
				t.Error(err)
			}
			for _, statement := range []string{"SELECT n FROM b", "INSERT INTO a VALUES (1)"} {
				if err := other.Raw(statement).Scan(&rows).Error; err == nil {
					t.Errorf("%s was allowed", statement)
				}
			}
		})
	}
}
