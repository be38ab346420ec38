package django

import (
	"context"

	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/internal/layout"
)

// MoveToHashed moves the live sessions of django_session to the default table of
// this library, where keys are hashed and data is plain JSON, for a site whose last
// page of Django's is gone. Keys, data and expiry stay, and nobody is logged out:
// servers go on meanwhile, if they all know both tables by
// [gormsession.WithFormer].
//
// config describes the Django site, as in [Compatible]. opts are what the servers
// have beside WithFormer that concerns the new table, such as
// [gormsession.WithTable] or [gormsession.WithModel]; a WithFormer among them says
// where rows come from, if not from the table of Compatible. The new table is made
// where it is missing; the old one must be there, and rows stay in it that have
// expired or that the result counts as left.
//
// ctx ends it between two rows, with an error. Nothing is lost by that or by a
// crash, and another call goes on with what is left. The last call must come after
// the last server that makes new rows in Django's table.
func MoveToHashed(
	ctx context.Context, db *gorm.DB, config Config, opts ...gormsession.Option,
) (gormsession.Moved, error) {
	plugin, err := gormsession.New(db,
		gormsession.WithCookieName(layout.Django().Cookie), // which a move has no use for
		gormsession.WithFormer(Compatible(config), gormsession.WithoutMigration()),
		gormsession.WithOptions(opts...))
	if err != nil {
		return gormsession.Moved{}, err
	}
	return plugin.MoveFormer(ctx)
}

// WithLogins is for sessions that are kept otherwise than in Django's table, once
// they have been moved from there: with it [Login], [GetUser], [RequireLogin] and
// [UpdateSessionAuthHash] work on them as with [Compatible], and logins of before
// count. Of config only SecretKey, Fallbacks, Backends and AuthHash matter.
func WithLogins(config Config) gormsession.Option {
	if err := config.validate(); err != nil {
		l := layout.Own()
		l.Err = err
		return layout.Option(l).(gormsession.Option)
	}
	return gormsession.WithValue(authKey{}, newAuth(config))
}
