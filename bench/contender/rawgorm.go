package contender

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/bench/database"
)

// rawGORM does what rawSQL does, as one writes it with GORM.
func rawGORM(tuned bool) func(*database.DB) (*Site, error) {
	return func(db *database.DB) (*Site, error) {
		g, err := db.GORM(tuned)
		if err != nil {
			return nil, err
		}
		if err := g.AutoMigrate(&rawSession{}); err != nil {
			return nil, err
		}
		return floorSite(gormRows{g}), nil
	}
}

type rawSession struct {
	SKey    string `gorm:"column:skey;primaryKey;size:40"`
	Data    []byte
	Expires time.Time `gorm:"index"`
}

type gormRows struct{ db *gorm.DB }

func (r gormRows) read(ctx context.Context, key string) ([]byte, error) {
	var row rawSession
	err := r.db.WithContext(ctx).
		Where("skey = ? AND expires > ?", key, time.Now().UTC()).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	return row.Data, err
}

func (r gormRows) update(ctx context.Context, key string, data []byte) error {
	return r.db.WithContext(ctx).Model(&rawSession{SKey: key}).
		Updates(rawSession{Data: data, Expires: time.Now().UTC().Add(Lifetime)}).Error
}

func (r gormRows) create(ctx context.Context, key string, data []byte) error {
	row := rawSession{SKey: key, Data: data, Expires: time.Now().UTC().Add(Lifetime)}
	return r.db.WithContext(ctx).Create(&row).Error
}
