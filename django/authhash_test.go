package django

import (
	"errors"
	"testing"
)

func TestAuthHashVectors(t *testing.T) {
	v := readVectors(t)
	if len(v.AuthHash) != 4 {
		t.Errorf("%d cases", len(v.AuthHash))
	}
	for _, c := range v.AuthHash {
		if got := authHash(c.SecretKey, c.Password); got != c.Hash {
			t.Errorf("%s, want %s", got, c.Hash)
		}
		for _, try := range []struct {
			secrets          []string
			stored, password string
			want             authVerdict
		}{
			{[]string{c.SecretKey}, c.Hash, c.Password, authAccepted},
			{[]string{"new", c.SecretKey}, c.Hash, c.Password, authRetired},
			{[]string{"new", "newer", c.SecretKey}, c.Hash, c.Password, authRetired},
			{[]string{"new"}, c.Hash, c.Password, authRejected},
			{[]string{c.SecretKey}, c.Hash, c.Password + "x", authRejected},
			{[]string{c.SecretKey}, c.Hash[1:], c.Password, authRejected},
			{[]string{c.SecretKey}, "", c.Password, authRejected},
		} {
			a := &auth{secrets: try.secrets}
			got, err := a.verify(try.stored, User{Password: try.password})
			if try.password == "" {
				if !errors.Is(err, ErrNoAuthHash) || got != authRejected {
					t.Errorf("an empty password: %d, %v", got, err)
				}
			} else if err != nil || got != try.want {
				t.Errorf("%q with %q: %d, %v, want %d", try.stored, try.secrets, got, err, try.want)
			}
		}
	}
}
