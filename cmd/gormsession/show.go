package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/engine"
	"github.com/seed7368b609/gormsession/internal/seal"
	"github.com/seed7368b609/gormsession/internal/sessionkey"
)

// show shows a session.
func (t *tool) show() *cobra.Command {
	var values bool
	var keysFile string
	c := &cobra.Command{
		Use:   "show HANDLE",
		Short: "Show what a session holds: names and sizes, values on request",
		Long: `Shows a session by its handle, as list and the application's log have it: the names of its
entries and how long they are, and their values with --values alone, as they may be private.

A row that is sealed by WithEncryption says so. Its entries need the keys, and those of Django's
table need SECRET_KEY, each from a file or from the environment.`,
		Example: `  gormsession show 4f2a9c01d3be
  gormsession show 4f2a9c01d3be --values --keys-file keys.txt
  gormsession show 9d0b77ac41e2 --django --django-secret-file secret.txt`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			opts, err := t.decryption(keysFile)
			if err != nil {
				return err
			}
			b, err := t.visit(opts...)
			if err != nil {
				return err
			}
			row, err := t.named(c.Context(), b, args[0])
			if err != nil {
				return err
			}
			return t.print(t.detail(b, row, values))
		},
	}
	c.Flags().BoolVar(&values, "values", false, "with the values")
	keysFlag(c, &keysFile)
	return c
}

// decryption opens sealed rows, if there are keys.
func (t *tool) decryption(keysFile string) ([]gormsession.Option, error) {
	keys, err := t.keys(keysFile)
	if err != nil || keys == nil {
		return nil, err
	}
	return []gormsession.Option{gormsession.WithDecryption(keys...)}, nil
}

// named is the row of a handle.
func (t *tool) named(ctx context.Context, b *base, handle string) (engine.Listed, error) {
	if sessionkey.IsHash(handle) {
		return engine.Listed{}, misusef("that is no handle, but the session_key of a row; a handle is " +
			"its first 12 characters")
	}
	ctx, cancel := t.slow(ctx)
	defer cancel()
	rows, err := b.store.Own.Named(ctx, handle)
	switch {
	case err != nil:
		return engine.Listed{}, err
	case len(rows) == 0 && !sessionkey.IsHandle(handle) && !b.users:
		return engine.Listed{}, misusef("that is no handle, which has 12 hexadecimal digits")
	case len(rows) == 0:
		return engine.Listed{}, errors.New("there is no session of that handle; it may have ended, " +
			"or have got a new key")
	case len(rows) > 1:
		return engine.Listed{}, fmt.Errorf("%d sessions have that handle; end them by a statement of "+
			"your own", len(rows))
	}
	return rows[0], nil
}

// A detail is what is shown of a session.
type detail struct {
	session
	Live      bool    `json:"live"`
	LogHandle string  `json:"log_handle"`
	SealedBy  string  `json:"sealed_by,omitempty"`
	Note      string  `json:"note,omitempty"`
	Entries   []entry `json:"entries"`
	values    bool
}

// An entry is one of a session, with its value or without.
type entry struct {
	Name  string          `json:"name"`
	Size  int             `json:"size"`
	Value json.RawMessage `json:"value,omitempty"`
}

// rotationEntry is the library's own entry that holds hashes of keys.
const rotationEntry = "_rotation"

func (t *tool) detail(b *base, row engine.Listed, values bool) *detail {
	d := &detail{
		values: values, session: sessionOf(row),
		LogHandle: row.LogHandle(), SealedBy: seal.IDOf(row.Data),
		Live: row.Expire.After(b.store.Own.Now()), Entries: []entry{},
	}
	entries, err := b.store.Decode(row.Key, row.Data)
	switch {
	case t.django.on && !t.django.hasSecret:
		d.Note = "the entries need SECRET_KEY: --django-secret-file, or $" + djangoVariable
		return d
	case err != nil && d.SealedBy != "":
		d.Note = "the entries need the key " + d.SealedBy + ": --keys-file, or $" + keysVariable
		if !errors.Is(err, gormsession.ErrUnavailable) && slices.Contains(t.keyIDs, d.SealedBy) {
			d.Note = "the seal is broken, or of another row"
		}
		return d
	case err != nil && t.django.on:
		d.Note = "the data was signed with another SECRET_KEY or salt, or is damaged"
		return d
	case err != nil:
		d.Note = "the data is not JSON: it was written by a codec of the application's (WithCodec), " +
			"or is damaged"
		return d
	}
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		e := entry{Name: name, Size: len(entries[name])}
		if values && name != rotationEntry {
			e.Value = entries[name]
		}
		d.Entries = append(d.Entries, e)
	}
	if next := replacedBy(entries); next != "" {
		d.Note = "this is the row of a former key; the session goes on as " +
			engine.Listed{Key: next}.LogHandle()
	}
	return d
}

// replacedBy is the session_key of the row that has replaced one, by what that holds.
func replacedBy(entries map[string]json.RawMessage) string {
	var rotation struct{ Row string }
	if json.Unmarshal(entries[rotationEntry], &rotation) != nil {
		return ""
	}
	return rotation.Row
}

func (d *detail) text(w io.Writer) {
	rows := [][]string{{"handle", printable(d.Handle)}}
	if d.LogHandle != d.Handle {
		rows = append(rows, []string{"in the log", printable(d.LogHandle)})
	}
	state := "yes"
	if !d.Live {
		state = "no, it has expired"
	}
	rows = append(rows, []string{"live", state}, []string{"expires", moment(d.Expires)},
		[]string{"size", sized(d.Size)})
	for _, more := range [][]string{
		{"user", d.User}, {"address", d.Address}, {"agent", d.Agent}, {"sealed by", d.SealedBy},
	} {
		if more[1] != "" {
			rows = append(rows, []string{more[0], printable(more[1])})
		}
	}
	if d.Created != nil {
		rows = append(rows, []string{"created", moment(d.Created)})
	}
	if d.LastSeen != nil {
		rows = append(rows, []string{"last seen", moment(d.LastSeen)})
	}
	columns(w, rows)
	if d.Note != "" {
		fmt.Fprintln(w, printable(d.Note))
	}
	if len(d.Entries) == 0 {
		return
	}
	fmt.Fprintln(w)
	rows = [][]string{{"ENTRY", "SIZE"}}
	if d.values {
		rows[0] = append(rows[0], "VALUE")
	}
	for _, e := range d.Entries {
		rows = append(rows, []string{printable(e.Name), sized(int64(e.Size)), printable(string(e.Value))})
	}
	columns(w, rows)
}
