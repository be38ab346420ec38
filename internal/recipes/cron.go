package recipes

import (
	"context"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
)

// clearExpired is all that a nightly job does, with the options of the servers, which have
// WithCleanup(0).
func clearExpired(
	ctx context.Context, db *gorm.DB, opts ...gormsession.Option,
) (rows int64, err error) {
	plugin, err := gormsession.New(db, append(opts, gormsession.WithoutMigration())...)
	if err != nil {
		return 0, err
	}
	return plugin.ClearExpired(ctx)
}
