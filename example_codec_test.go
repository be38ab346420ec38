package gormsession_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log"
	"strings"

	"github.com/seed7368b609/gormsession"
)

// A sealed codec encrypts what the default one writes. The additional data is the row's key, so
// that the data of one row is worth nothing in another.
type sealed struct{ aead cipher.AEAD }

func (s sealed) Encode(key string, entries map[string]json.RawMessage) (string, error) {
	text, err := gormsession.JSON.Encode(key, entries)
	if err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(s.aead.Seal(nil, nil, []byte(text), []byte(key))), nil
}

func (s sealed) Decode(key, text string) (map[string]json.RawMessage, error) {
	box, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	plain, err := s.aead.Open(nil, nil, box, []byte(key))
	if err != nil {
		return nil, err
	}
	return gormsession.JSON.Decode(key, string(plain))
}

func ExampleWithCodec() {
	db, cleanup := exampleDatabase()
	defer cleanup()
	ctx := context.Background()

	secret := make([]byte, 32) // the application's own, from where it keeps its secrets
	_, _ = rand.Read(secret)
	block, err := aes.NewCipher(secret)
	if err != nil {
		log.Fatal(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		log.Fatal(err)
	}
	plugin, err := gormsession.New(db, gormsession.WithCodec(sealed{aead}))
	if err != nil {
		log.Fatal(err)
	}
	s, err := plugin.Open(ctx, "")
	if err != nil {
		log.Fatal(err)
	}
	s.Set("name", "Ann")
	if err := s.Save(); err != nil {
		log.Fatal(err)
	}

	again, err := plugin.Open(ctx, s.Key())
	if err != nil {
		log.Fatal(err)
	}
	var row gormsession.Session
	if err := db.First(&row).Error; err != nil {
		log.Fatal(err)
	}
	fmt.Println(again.Get("name"), strings.Contains(row.SessionData, "Ann"))
	// Output: Ann false
}
