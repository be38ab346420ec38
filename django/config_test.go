package django

import (
	"fmt"
	"strings"
	"testing"
)

func TestConfigErrors(t *testing.T) {
	for _, config := range []Config{
		{}, {SecretKey: "a", Fallbacks: []string{""}}, {SecretKey: "a", Backends: []string{""}},
	} {
		if _, err := NewCodec(config); err == nil || !strings.HasPrefix(err.Error(), "gormsession: ") {
			t.Errorf("%#v: %v", config, err)
		}
	}
}

func TestConfigPrintsNoSecret(t *testing.T) {
	config := Config{SecretKey: "s3cret", Fallbacks: []string{"s3cret"}}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(format, config); strings.Contains(text, "s3cret") {
			t.Errorf("%s prints %s", format, text)
		}
	}
	if text := config.LogValue().String(); strings.Contains(text, "s3cret") {
		t.Errorf("the log says %s", text)
	}
}
