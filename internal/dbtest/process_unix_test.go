//go:build unix

package dbtest

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// again returns the command that runs one test of this binary in a process of its
// own, with further environment variables.
func again(t *testing.T, test string, env ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^"+test+"$", "-test.v")
	cmd.Env = append(os.Environ(), env...)
	return cmd
}

// TestWithoutServerPrograms runs itself on a machine that looks bare.
func TestWithoutServerPrograms(t *testing.T) {
	if k := os.Getenv("DBTEST_BARE"); k != "" {
		postgresDirs, mariadbDirs = nil, nil
		New(t, Kind(k))
		t.Fatal("New gave a database")
	}
	for _, k := range serverKinds {
		for ci, verdict := range map[string]string{"": "--- SKIP", "true": "--- FAIL"} {
			t.Run(fmt.Sprintf("%s,CI=%s", k, ci), func(t *testing.T) {
				t.Parallel()
				cmd := again(t, "TestWithoutServerPrograms", "DBTEST_BARE="+string(k), "CI="+ci,
					"PATH="+t.TempDir(), dsnVariable(k)+"=")
				out, err := cmd.CombinedOutput()
				if failed := err != nil; failed != (ci == "true") {
					t.Errorf("ended with %v", err)
				}
				for _, want := range []string{verdict, "make setup", dsnVariable(k)} {
					if !strings.Contains(string(out), want) {
						t.Errorf("does not say %q:\n%s", want, out)
					}
				}
			})
		}
	}
}

// A server that is there but does not work is never a reason to skip.
func TestBrokenServerFails(t *testing.T) {
	if k := os.Getenv("DBTEST_BROKEN"); k != "" {
		New(t, Kind(k))
		t.Fatal("New gave a database")
	}
	bin := t.TempDir()
	for _, name := range []string{"postgres", "initdb", "mariadbd", "mariadb-install-db"} {
		script := "#!/bin/sh\necho out of order; exit 1\n"
		if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range serverKinds {
		out, err := again(t, "TestBrokenServerFails", "DBTEST_BROKEN="+string(k), "CI=", "PATH="+bin,
			dsnVariable(k)+"=").CombinedOutput()
		if err == nil || !strings.Contains(string(out), "--- FAIL") {
			t.Errorf("%s: a broken server gave %v:\n%s", k, err, out)
		}
	}
}

// TestCrashOfTheTestsEndsTheServer kills a test process that has a server, beside
// ours, and looks what becomes of the server and of its files.
func TestCrashOfTheTestsEndsTheServer(t *testing.T) {
	if k := os.Getenv("DBTEST_CRASH"); k != "" {
		s := StartServer(t, Kind(k))
		fmt.Printf("\nserver\t%s\t%s\n", s.dsn(), s.dir)
		select {} // until it is killed
	}
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells a process of its parent's end")
	}
	for _, k := range serverKinds {
		t.Run(string(k), func(t *testing.T) {
			New(t, k)
			cmd := again(t, "TestCrashOfTheTestsEndsTheServer", "DBTEST_CRASH="+string(k))
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			var dsn, dir string
			for lines := bufio.NewScanner(out); dir == "" && lines.Scan(); {
				if f := strings.Split(lines.Text(), "\t"); f[0] == "server" {
					dsn, dir = f[1], f[2]
				}
			}
			if err := execute(k, dsn, "SELECT 1"); err != nil {
				t.Errorf("the server of the other process: %v", err)
			}

			// While that process lives its files are its own, however old they are.
			old := time.Now().Add(-time.Hour)
			if err := os.Chtimes(dir, old, old); err != nil {
				t.Fatal(err)
			}
			removeAbandoned(filepath.Dir(dir))
			if _, err := os.Stat(dir); err != nil {
				t.Errorf("files in use were removed: %v", err)
			}

			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // It was killed.
			for deadline := time.Now().Add(20 * time.Second); execute(k, dsn, "SELECT 1") == nil; {
				if time.Now().After(deadline) {
					t.Fatal("the server outlives its tests")
				}
				time.Sleep(pollInterval)
			}
			if err := os.Chtimes(dir, old, old); err != nil {
				t.Fatal(err)
			}
			removeAbandoned(filepath.Dir(dir))
			if _, err := os.Stat(dir); !os.IsNotExist(err) {
				t.Errorf("abandoned files are still there: %v", err)
			}
		})
	}
}
