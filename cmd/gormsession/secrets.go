package main

import (
	"bufio"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/django"
	"github.com/seed7368b609/gormsession/internal/seal"
)

const (
	keysVariable   = "GORMSESSION_KEYS"
	djangoVariable = "GORMSESSION_DJANGO_SECRET"
)

// secrets are those of the file of a flag, one a line, or else those of an environment variable. A
// command line can be read by others, and holds none; who gives one in the place of the file does
// not see it again.
func (t *tool) secrets(flag, file, variable string) ([]string, error) {
	var text []byte
	var err error
	switch {
	case file == "":
		text = []byte(t.getenv(variable))
	case file == "-":
		text, err = io.ReadAll(t.in)
	default:
		if text, err = os.ReadFile(file); err == nil {
			t.warnOfReaders(file)
		}
	}
	if of, is := errors.AsType[*fs.PathError](err); is {
		err = of.Err
	}
	if err != nil {
		return nil, fmt.Errorf("the file of --%s cannot be read: %w", flag, err)
	}
	var secrets []string
	for lines := bufio.NewScanner(strings.NewReader(string(text))); lines.Scan(); {
		if line := strings.TrimSpace(lines.Text()); line != "" {
			secrets = append(secrets, line)
		}
	}
	return secrets, nil
}

// warnOfReaders says that others may read a file with secrets.
func (t *tool) warnOfReaders(file string) {
	if at, err := os.Stat(file); err == nil && at.Mode().IsRegular() &&
		at.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		fmt.Fprintf(t.err, "warning: others may read %s; chmod 600 %s\n", file, file)
	}
}

// keysFlag adds the flag that names the keys of sealed rows.
func keysFlag(c *cobra.Command, to *string) {
	c.Flags().StringVar(to, "keys-file", "",
		"a file with the keys of WithEncryption, one a line in base64 or hexadecimal,\n"+
			"the first of which seals; - is standard input; by default $"+keysVariable)
}

// keys are those of WithEncryption, nil if none were given.
func (t *tool) keys(file string) (keys [][]byte, err error) {
	lines, err := t.secrets("keys-file", file, keysVariable)
	if err != nil {
		return nil, err
	}
	for i, line := range lines {
		key, err := decodeKey(line)
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", i+1, err)
		}
		keys = append(keys, key)
		t.keyIDs = append(t.keyIDs, seal.ID(key))
	}
	return keys, nil
}

// decodeKey reads a key. It is in no error.
func decodeKey(text string) ([]byte, error) {
	if key, err := hex.DecodeString(text); err == nil && len(key) == 32 {
		return key, nil
	}
	text = strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(text), "=")
	key, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(key) != 32 {
		return nil, errors.New("it is no 32 bytes in base64 or hexadecimal, as openssl rand -base64 32 " +
			"makes them")
	}
	return key, nil
}

// djangoFlags say how a Django keeps its sessions.
type djangoFlags struct {
	on                     bool
	secretFile, salt, zone string
	hasSecret              bool // once it was read
}

// config is that of the Django site. Where nothing is to be read of what sessions hold its secret
// does not matter.
func (f *djangoFlags) config(t *tool) (django.Config, error) {
	secrets, err := t.secrets("django-secret-file", f.secretFile, djangoVariable)
	if err != nil {
		return django.Config{}, err
	}
	if f.hasSecret = len(secrets) > 0; !f.hasSecret {
		secrets = []string{rand.Text()}
	}
	config := django.Config{SecretKey: secrets[0], Fallbacks: secrets[1:], Salt: f.salt}
	if f.zone != "" {
		if config.TimeZone, err = time.LoadLocation(f.zone); err != nil {
			return django.Config{}, misusef("--django-time-zone: %w", err)
		}
	}
	return config, nil
}

// needZone refuses to do what destroys rows of Django's table where it was not said by which clock
// they end: those of SQLite and MySQL do not tell.
func (t *tool) needZone() error {
	if err := t.find(); err != nil || t.source.engine == "postgres" || t.django.zone != "" {
		return err
	}
	return misusef("when do Django's rows end? --django-time-zone says by which clock: UTC where " +
		"USE_TZ is True, which it is since Django 5.0 if the settings do not say, and else TIME_ZONE")
}

func (f *djangoFlags) option(t *tool) (gormsession.Option, error) {
	config, err := f.config(t)
	return django.Compatible(config), err
}
