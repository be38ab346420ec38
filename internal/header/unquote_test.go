package header

import "testing"

// A cookie's value is unquoted as by Python's http.cookies, which the cookies of a Django site have
// come through.
func TestUnquote(t *testing.T) {
	for value, want := range map[string]string{
		"": "", "a": "a", `"`: `"`, `""`: "", `"a"`: "a", `a"b`: `a"b`, `"a`: `"a`, `a"`: `a"`, `""a""`: `"a"`,
		`\"`: `\"`, `a\073b`: `a\073b`,
		`"a\"b"`: `a"b`, `"\\"`: `\`, `"\\\""`: `\"`, `"a\xb"`: "axb", `"a\"`: `a\`,
		`"\073\054"`: ";,", `"\000"`: "\x00", `"\177"`: "\x7f", `"\377"`: "\u00ff", `"\344\303"`: "\u00e4\u00c3",
		`"\400"`: "400", `"\8\18\119"`: "818119", `"\07"`: "07", `"\0a7"`: "0a7", `"\\073"`: `\073`, `"\1234"`: "S4",
		`"\+77"`: "+77", `"\ 77"`: " 77", `"\0x1"`: "0x1",
	} {
		if got := unquote(value); got != want {
			t.Errorf("%s is %q, not %q", value, got, want)
		}
	}
}
