package django

import (
	"encoding/hex"
	"testing"
)

func TestDerivedKeys(t *testing.T) {
	v := readVectors(t)
	for _, c := range v.DerivedKeys {
		key := newSigner(DefaultSalt, []string{v.SecretKeys[c.Secret]})[0]
		if hex.EncodeToString(key) != c.Hex {
			t.Errorf("secret %q: %x, want %s", c.Secret, key, c.Hex)
		}
	}
	if len(v.DerivedKeys) != 5 {
		t.Errorf("%d cases", len(v.DerivedKeys))
	}
}

func TestBase62(t *testing.T) {
	v := readVectors(t)
	for _, c := range v.Base62 {
		if got := encodeBase62(int64(c[0].(float64))); got != c[1] {
			t.Errorf("%v: %s, want %s", c[0], got, c[1])
		}
		if !isBase62(c[1].(string)) {
			t.Errorf("%s is refused", c[1])
		}
	}
	if len(v.Base62) != 19 {
		t.Errorf("%d cases", len(v.Base62))
	}
	if got := encodeBase62(-1 << 63); got != "-AzL8n0Y58m8" {
		t.Errorf("the smallest number: %s", got)
	}
	// Django strips one sign and adds up what is left, be it nothing.
	for text, want := range map[string]bool{
		"-":   true,
		"":    false,
		"--1": false,
		"1-":  false,
		"a_b": false,
		"é":   false,
	} {
		if got := isBase62(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
