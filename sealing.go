package gormsession

import (
	"cmp"
	"context"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/seed7368b609/gormsession/internal/engine"
	"github.com/seed7368b609/gormsession/internal/seal"
)

// WithEncryption seals the data of each row by XChaCha20-Poly1305, with the row's session_key as
// additional data: who reads the table, or a backup of it, learns nothing of what sessions hold.
// Who can write to it could still write a row that is not sealed, which says what he likes, as
// such rows are read so that a table in use can be sealed step by step: once [Plugin.Reseal] has
// been through, [WithSealedOnly] ends that. Then he can end sessions and put an old text of a row
// back, and nothing else.
//
// Keys are of 32 random bytes each, such as openssl rand makes, and belong into neither the
// database nor the source. The first one seals; all of them open. On a table in use it comes by two
// steps, each on all servers: WithDecryption(key), so that each server can read what others seal,
// and then WithEncryption(key); and goes by the two in reverse. To rotate, put the new key behind
// the old one on all servers, then before it, then call [Plugin.Reseal], then take the old one out.
// Each row names its key by four bytes of a hash. A row that is sealed with a key that is not here,
// also where New was given none at all, is [ErrUnavailable], and never overwritten: nobody is
// logged out because a key is missing on a server. One that the key does not open counts as
// damaged.
//
// The codec of [WithCodec] makes the text that is sealed. Django cannot read a sealed row.
func WithEncryption(keys ...[]byte) Option {
	return func(o *options) { o.encrypts = &sealing{seals: true, secrets: keys} }
}

// WithDecryption opens what [WithEncryption] has sealed, and seals nothing: the way back. A row is
// stored open at its next save; [Plugin.Reseal] does it for the rest. It takes the keys that rows
// may be sealed with, and the place of WithEncryption: [New] refuses both.
func WithDecryption(keys ...[]byte) Option {
	return func(o *options) { o.decrypts = &sealing{secrets: keys} }
}

// WithSealedOnly takes a row that is not sealed for damaged: its session is empty, and the row is
// left alone. It needs [WithEncryption], and is for a table that [Plugin.Reseal] has been through,
// so that who can write to it cannot write sessions. By default such a row is read.
func WithSealedOnly() Option { return func(o *options) { o.sealedOnly = true } }

// checkSeal puts the codec under seal.
func (o *options) checkSeal() (err error) {
	o.seal = cmp.Or(o.encrypts, o.decrypts)
	switch {
	case o.encrypts != nil && o.decrypts != nil:
		return errors.New("WithEncryption and WithDecryption: choose one; all keys of the first open, " +
			"so give it those of before behind the one that seals, and the second stores rows open")
	case o.sealedOnly && o.encrypts == nil:
		return errors.New("WithSealedOnly without WithEncryption: no row would be sealed; give New " +
			"both, or neither")
	case o.seal == nil:
		return nil
	case o.seal.seals && !o.layout.HashedKeys:
		return errors.New("WithEncryption on Django's table: Django could not read the rows, and " +
			"log its users out; move to the own table first, see WithFormer")
	}
	if o.seal, err = o.seal.around(o.codec); err == nil {
		o.seal.only = o.sealedOnly
		o.codec = o.seal
	}
	return err
}

// sealing is a [Codec] that seals what another one has made.
type sealing struct {
	Codec
	secrets [][]byte
	seals   bool
	only    bool                   // what is not sealed is not read
	first   string                 // the identifier of the key that seals
	keys    map[string]cipher.AEAD // by identifier
}

// around prepares the codec that seals what inner makes.
func (c sealing) around(inner Codec) (*sealing, error) {
	name := "WithDecryption"
	if c.seals {
		name = "WithEncryption"
	}
	if len(c.secrets) == 0 {
		return nil, fmt.Errorf("%s(): it takes one key or more, of 32 random bytes each", name)
	}
	c.Codec, c.keys = inner, make(map[string]cipher.AEAD)
	for i, secret := range c.secrets {
		aead, err := chacha20poly1305.NewX(secret)
		if err != nil {
			return nil, fmt.Errorf(
				"%s: key %d has %d bytes: a key is 32 random bytes, as of crypto/rand, and no password",
				name, i+1, len(secret))
		}
		id := seal.ID(secret)
		if i == 0 {
			c.first = id
		}
		if _, ok := c.keys[id]; ok {
			return nil, fmt.Errorf("%s: key %d is there twice; leave it out once", name, i+1)
		}
		c.keys[id] = aead
	}
	return &c, nil
}

// Encode implements [Codec].
func (c *sealing) Encode(
	sessionKey string, entries map[string]json.RawMessage,
) (string, error) {
	text, err := c.Codec.Encode(sessionKey, entries)
	if err != nil || !c.seals {
		return text, err
	}
	aead := c.keys[c.first]
	sealed := make([]byte, aead.NonceSize(), aead.NonceSize()+len(text)+aead.Overhead())
	rand.Read(sealed) // never fails (crypto/rand)
	sealed = aead.Seal(sealed, sealed, []byte(text), boundTo(c.first, sessionKey))
	return seal.Prefix + c.first + "." + base64.RawURLEncoding.EncodeToString(sealed), nil
}

// boundTo is the additional data of a sealed text.
func boundTo(id, sessionKey string) []byte { return []byte(seal.Prefix + id + "." + sessionKey) }

var errNotSealed = errors.New("the row is not sealed, and WithSealedOnly reads no such row")

var errSeal = errors.New("the seal is broken, or of another row")

// Decode implements [Codec].
func (c *sealing) Decode(sessionKey, text string) (map[string]json.RawMessage, error) {
	rest, sealed := strings.CutPrefix(text, seal.Prefix)
	if !sealed && c.only {
		return nil, errNotSealed
	}
	if !sealed {
		return c.Codec.Decode(sessionKey, text)
	}
	id, data, _ := strings.Cut(rest, ".")
	aead := c.keys[id]
	if aead == nil {
		return nil, errNoSealKey
	}
	raw, err := base64.RawURLEncoding.DecodeString(data)
	if err != nil || len(raw) < aead.NonceSize() {
		return nil, errSeal
	}
	nonce, raw := raw[:aead.NonceSize()], raw[aead.NonceSize():]
	opened, err := aead.Open(raw[:0], nonce, raw, boundTo(id, sessionKey))
	if err != nil {
		return nil, errSeal
	}
	return c.Codec.Decode(sessionKey, string(opened))
}

var errNoSealKey = fmt.Errorf(
	"%w: the row is sealed with a key that WithEncryption was not given: give it to that, behind "+
		"the others", ErrUnavailable)

// Resealed says what [Plugin.Reseal] has done with the live rows so far.
type Resealed struct {
	Rows       int // are stored as a save would store them now
	Unreadable int // stay: the seal is broken, or of a key that is not here
}

// Reseal stores the data of each live row as a save would now: sealed with the first key of
// [WithEncryption], or open with [WithDecryption]. It goes through the table in batches while
// requests go on; nobody is logged out and nothing is lost by it. progress is called after each
// batch. Each row is written in a transaction of its own, in the time of [WithTimeout]. ctx ends it
// between two rows, and an error of the database ends it too: another call goes on with what is
// left. Once it has returned no error and no unreadable row, and no server is running that seals
// with another key, other keys may go. Rows of a former table are left alone.
func (p *Plugin) Reseal(ctx context.Context, progress ...func(Resealed)) (Resealed, error) {
	if p.opts.seal == nil {
		return Resealed{}, errors.New(
			"gormsession: nothing says how to seal: give New WithEncryption or WithDecryption")
	}
	resealed := func(r engine.Revised) Resealed {
		return Resealed{Rows: r.Rows, Unreadable: r.Unreadable}
	}
	done, err := p.revise(ctx, OpReseal, p.opts.seal.reseal, func(r engine.Revised) {
		for _, tell := range progress {
			if tell != nil {
				tell(resealed(r))
			}
		}
	})
	return resealed(done), err
}

// reseal has a row hold what it holds under the seal of today.
func (c *sealing) reseal(
	text string, decode func() (map[string]json.RawMessage, error),
) (*engine.Revision, error) {
	if !c.isDue(text) {
		return nil, nil
	}
	entries, err := decode()
	return &engine.Revision{Entries: entries}, err
}

// isDue tells whether a text is another than a save would make now.
func (c *sealing) isDue(text string) bool {
	if !c.seals {
		return strings.HasPrefix(text, seal.Prefix)
	}
	return !strings.HasPrefix(text, seal.Prefix+c.first+".")
}
