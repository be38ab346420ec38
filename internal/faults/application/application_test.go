package application

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession"
)

// What is shown of an application that knows more than others do would not be shown of theirs.
func TestPublicFaceAlone(t *testing.T) {
	const module = "github.com/seed7368b609/gormsession"
	out, err := exec.Command("go", "list", "-f", `{{join .Imports "\n"}}`, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for imported := range strings.FieldsSeq(string(out)) {
		if strings.HasPrefix(imported, module) && imported != module && imported != module+"/ginsession" {
			t.Errorf("it imports %s", imported)
		}
	}
}

// An outcome is what the library says, as its documentation has it.
func TestOutcomeOf(t *testing.T) {
	for _, c := range []struct {
		err  error
		want Outcome
	}{
		{gormsession.ErrInterrupted, Gone},
		{fmt.Errorf("%w, and the connection was lost before", gormsession.ErrInterrupted), Unknown},
		{gormsession.ErrUnavailable, Unavailable},
		{fmt.Errorf("%w: %w", gormsession.ErrOutcomeUnknown, gormsession.ErrUnavailable), Unknown},
		{gormsession.ErrRejected, Wrong},
		{errors.New("anything else"), Wrong},
	} {
		if got := OutcomeOf(c.err); got != c.want {
			t.Errorf("%v: %s", c.err, got)
		}
	}
}
