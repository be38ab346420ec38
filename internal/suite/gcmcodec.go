package suite

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"

	"github.com/seed7368b609/gormsession"
)

// gcmCodec is a codec that binds the data to its row: AES-GCM with the key as additional data. It
// never gives the same text twice.
type gcmCodec struct{ cipher.AEAD }

func newSealing() gcmCodec {
	block, err := aes.NewCipher([]byte("0123456789abcdef"))
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return gcmCodec{aead}
}

func (s gcmCodec) Encode(key string, entries map[string]json.RawMessage) (string, error) {
	text, err := gormsession.JSON.Encode(key, entries)
	if err != nil {
		return "", err
	}
	nonce := make([]byte, s.NonceSize())
	rand.Read(nonce)
	sealed := s.Seal(nonce, nonce, []byte(text), []byte(key))
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

func (s gcmCodec) Decode(key, text string) (map[string]json.RawMessage, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(sealed) < s.NonceSize() {
		return nil, errors.New("not sealed")
	}
	plain, err := s.Open(nil, sealed[:s.NonceSize()], sealed[s.NonceSize():], []byte(key))
	if err != nil {
		return nil, errors.New("not sealed for this row")
	}
	return gormsession.JSON.Decode(key, string(plain))
}

// compacting is a codec that drops white space, as all do that marshal, and is the same for all
// rows.
type compacting struct{}

func (compacting) Encode(_ string, entries map[string]json.RawMessage) (string, error) {
	text, err := json.Marshal(entries)
	return string(text), err
}

func (compacting) Decode(_, text string) (entries map[string]json.RawMessage, err error) {
	return entries, json.Unmarshal([]byte(text), &entries)
}
