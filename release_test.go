package gormsession_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A release is a signed tag, and a bill of materials whose hash the tag says; nothing is released
// that is not committed, not in the changelog, or released already.
func TestRelease(t *testing.T) {
	room := releaseRoom(t)
	const version = "v9.8.7"
	release := func() (string, bool) {
		cmd := exec.Command("script/release", version, filepath.Join(room.keys, "dist"))
		cmd.Dir, cmd.Env = room.tree, room.env
		out, err := cmd.CombinedOutput()
		return string(out), err == nil
	}
	refused := func(why string) {
		t.Helper()
		if out, ok := release(); ok || !strings.Contains(out, why) {
			t.Fatalf("not refused because %q: %s", why, out)
		}
	}
	refused("CHANGELOG.md has no section")

	room.append("CHANGELOG.md", "\n## [9.8.7] - 2026-12-01\n")
	refused("commit what has changed first")

	room.run("git", "commit", "-qam", "The changelog names the release")
	if out, ok := release(); !ok {
		t.Fatal(out)
	}
	room.run("git", "verify-tag", version)

	text, err := os.ReadFile(filepath.Join(room.keys, "dist", "gormsession-"+version+".cdx.json"))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	if said := room.run("git", "tag", "-n9", "-l", version); !strings.Contains(
		said, hex.EncodeToString(sum[:])) {
		t.Errorf("the tag does not say the hash of the bill of materials: %s", said)
	}
	var bill struct {
		BOMFormat  string `json:"bomFormat"`
		Components []struct{ Name string }
	}
	if err := json.Unmarshal(text, &bill); err != nil {
		t.Fatal(err)
	}
	has := map[string]bool{}
	for _, c := range bill.Components {
		has[c.Name] = true
	}
	if bill.BOMFormat != "CycloneDX" || !has["gorm.io/gorm"] || !has["github.com/gin-gonic/gin"] {
		t.Errorf("a bill of %s without GORM or Gin: %v", bill.BOMFormat, has)
	}
	refused(version + " is there already")
}

// releasing is a copy of the project in a repository of its own, with a key made for the test.
type releasing struct {
	*testing.T
	tree, keys string
	env        []string
}

func releaseRoom(t *testing.T) releasing {
	dir := t.TempDir()
	r := releasing{T: t, tree: filepath.Join(dir, "tree"), keys: filepath.Join(dir, "keys")}
	for _, folder := range []string{r.tree, r.keys} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	r.env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1",
		"GIT_CONFIG_GLOBAL="+filepath.Join(r.keys, "gitconfig"))
	r.copy(".")
	key := filepath.Join(r.keys, "id")
	r.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "maintainer@example.org", "-f", key)
	public, err := os.ReadFile(key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	signers := filepath.Join(r.keys, "signers")
	if err := os.WriteFile(signers, append([]byte("maintainer@example.org "), public...),
		0o600); err != nil {
		t.Fatal(err)
	}
	for _, setting := range [][2]string{
		{"user.name", "Maintainer"}, {"user.email", "maintainer@example.org"},
		{"gpg.format", "ssh"}, {"user.signingkey", key}, {"gpg.ssh.allowedSignersFile", signers},
	} {
		r.run("git", "config", "--global", setting[0], setting[1])
	}
	r.run("git", "init", "-q")
	r.run("git", "add", ".")
	r.run("git", "commit", "-qm", "The tree")
	return r
}

// copy puts the project into the tree, without its history.
func (r releasing) copy(project string) {
	r.Helper()
	err := filepath.WalkDir(project, func(name string, entry fs.DirEntry, err error) error {
		to := filepath.Join(r.tree, name)
		switch {
		case err != nil:
			return err
		case entry.Name() == ".git" && entry.IsDir():
			return fs.SkipDir
		case entry.Name() == ".git":
			return nil
		case entry.IsDir():
			return os.MkdirAll(to, 0o755)
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		return os.WriteFile(to, text, info.Mode())
	})
	if err != nil {
		r.Fatal(err)
	}
}

func (r releasing) append(name, text string) {
	r.Helper()
	file, err := os.OpenFile(filepath.Join(r.tree, name), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		r.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString(text); err != nil {
		r.Fatal(err)
	}
}

func (r releasing) run(name string, args ...string) string {
	r.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = r.tree, r.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.Fatalf("%s %v: %v: %s", name, args, err, out)
	}
	return string(out)
}
