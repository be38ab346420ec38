package djangotest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// newerPython returns the first Python 3.12 or newer that works. What the environment names
// is asked alone; a name in PATH may be a stand-in that cannot run, as pyenv's are for
// versions that are not chosen, so pyenv's own directory comes after PATH.
func newerPython() (string, error) {
	candidates := []string{os.Getenv("GORMSESSION_PYTHON")}
	if candidates[0] == "" {
		candidates = append([]string{"python3.14", "python3.13", "python3.12"}, pyenvPythons()...)
	}
	for _, name := range candidates {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		if _, err := ask(path, "", "import sys; assert sys.version_info >= (3, 12)"); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf(
		"it needs Python 3.12, and none of %s works", strings.Join(candidates, ", "),
	)
}

// pyenvPythons lists the Pythons 3.12 to 3.19 that pyenv has installed, the newest first.
func pyenvPythons() []string {
	root := os.Getenv("PYENV_ROOT")
	if root == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil
		}
		root = filepath.Join(home, ".pyenv")
	}
	found, err := filepath.Glob(filepath.Join(root, "versions", "3.1[2-9]*", "bin", "python3"))
	if err != nil { // The root has characters of a pattern.
		return nil
	}
	slices.Reverse(found) // Glob sorts by name.
	return found
}
