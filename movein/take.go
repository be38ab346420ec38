package movein

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/seed7368b609/gormsession"
)

// A taken is the row of an old session that was taken over, or has ended.
type taken struct {
	Old     string `gorm:"column:old;primaryKey;size:64"` // a hash of its name
	Heir    string `gorm:"column:heir;size:255;not null"` // the sealed key; "" if it has none
	TakenAt int64  `gorm:"column:taken_at;not null"`      // in milliseconds of Unix time
}

// An old is the old session of a request.
type old struct {
	r      *http.Request // whose context ends when the time for it is over
	hash   string        // of its name
	cookie string
}

// rowOf is the hash by which the row of an old session is known.
func rowOf(source, name string) string {
	sum := sha256.Sum256([]byte("gormsession/movein\x00" + source + "\x00" + name))
	return hex.EncodeToString(sum[:])
}

// errFill is the error of what another try does not mend.
var errFill = errors.New("gormsession: an old session cannot be taken over")

// heir returns the key of the session that an old one has become, "" where it is none any more, or
// never was, and whether the old one is known to be over. Of requests that come at once one takes
// it over, and the others find what that one has made.
func (b *Bridge) heir(ctx context.Context, o old) (key string, known bool, err error) {
	for try := 1; ; try++ {
		row, known, err := b.look(ctx, o)
		if err != nil || known {
			return b.led(row, o), known, err
		}
		entries, err := b.source.Load(o.r)
		if err != nil {
			return "", false, fmt.Errorf("%w: the old library: %w", gormsession.ErrUnavailable, err)
		}
		if entries == nil { // perhaps since it was taken over, a moment ago
			row, known, err = b.look(ctx, o)
			return b.led(row, o), known, err
		}
		key, err = b.take(ctx, o, entries)
		if err == nil {
			b.end(o)
			return key, true, nil
		}
		if try == 3 || errors.Is(err, errFill) {
			return "", false, err
		}
	}
}

// look reads the row of an old session. It does so in a transaction, as no replica is asked then.
func (b *Bridge) look(ctx context.Context, o old) (row taken, known bool, err error) {
	err = b.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		found := tx.Table(b.Table).Where("old = ?", o.hash).Limit(1).Find(&row)
		known = found.RowsAffected > 0
		return found.Error
	})
	if err != nil {
		return taken{}, false, fmt.Errorf("%w: %w", gormsession.ErrUnavailable, err)
	}
	return row, known, nil
}

// led is the key to which an old cookie leads, "" if it does no more.
func (b *Bridge) led(row taken, o old) string {
	if row.Heir == "" || b.Now().Sub(time.UnixMilli(row.TakenAt)) >= b.Overlap {
		return ""
	}
	return unseal(row.Heir, o)
}

// take makes a session of what an old one holds, and its row, both or neither.
func (b *Bridge) take(ctx context.Context, o old, entries map[string]any) (key string, err error) {
	s, err := b.plugin.Open(ctx, "")
	if err != nil {
		return "", err
	}
	if err = b.Fill(s, entries); err == nil {
		err = s.Err()
	}
	if err != nil {
		return "", fmt.Errorf("%w: %w", errFill, err)
	}
	var refusal error
	err = b.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if refusal = s.SaveIn(tx); refusal != nil {
			return refusal
		}
		key = s.Key()
		sealed, err := seal(key, o)
		if err != nil {
			return err
		}
		row := taken{Old: o.hash, Heir: sealed, TakenAt: b.Now().UnixMilli()}
		return tx.Table(b.Table).Create(&row).Error
	})
	switch {
	case refusal != nil:
		return "", refusal
	case err != nil:
		return "", fmt.Errorf("%w: %w", gormsession.ErrUnavailable, err)
	}
	return key, s.Load() // which tells of it who is to hear
}

// retire ends an old session whose client has one of ours, so that it is never taken over; also one
// that was taken over and not ended then. Of one that there is not no row is made: anybody can make
// cookies up.
func (b *Bridge) retire(ctx context.Context, o old) error {
	_, known, err := b.look(ctx, o)
	if err != nil {
		return err
	}
	if !known {
		if entries, err := b.source.Load(o.r); err == nil && entries == nil {
			return nil
		}
		row := taken{Old: o.hash, TakenAt: b.Now().UnixMilli()}
		if err := b.db.WithContext(ctx).Table(b.Table).
			Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error; err != nil {
			return fmt.Errorf("%w: %w", gormsession.ErrUnavailable, err)
		}
	}
	b.end(o)
	return nil
}

// end ends the old session in the old library. Where that fails it counts there alone, until it
// expires: it is taken over once whatever the old library says.
func (b *Bridge) end(o old) {
	if b.Keep {
		return
	}
	if err := b.source.End(o.r); err != nil {
		b.plugin.Logger().Warn("gormsession: an old session was taken over, and not ended in the "+
			"old library", "error", err)
	}
}

// seal seals a key by the value of the old cookie.
func seal(key string, o old) (string, error) {
	aead, err := sealer(o)
	if err != nil {
		return "", err
	}
	return base64.RawStdEncoding.EncodeToString(aead.Seal(nil, nil, []byte(key), []byte(o.hash))), nil
}

// unseal undoes seal; "" where another cookie of the session has sealed it.
func unseal(sealed string, o old) string {
	text, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil {
		return ""
	}
	aead, err := sealer(o)
	if err != nil {
		return ""
	}
	key, err := aead.Open(nil, nil, text, []byte(o.hash))
	if err != nil {
		return ""
	}
	return string(key)
}

func sealer(o old) (cipher.AEAD, error) {
	key := sha256.Sum256([]byte("gormsession/movein key\x00" + o.cookie))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
