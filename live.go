package gormsession

import "gorm.io/gorm"

// Live is a scope for queries of the application's own on the plugin's table: the rows of sessions
// that are live now, by the clock of [WithClock], compared as the library itself compares them. It
// is right in every time zone and on every database, Django's tables included:
//
//	var devices []UserSession
//	err := db.Scopes(plugin.Live).Where("user_id = ?", 42).Find(&devices).Error
//
// Rows stay in the table after their end, until they are cleared, and `expire_date > ?` with a bare
// [time.Time] compares what the driver makes of it, which is hours off on SQLite and MySQL.
//
// With [WithKeyRotation] a row that leads from a former key to the session is live as well, and
// with [WithReplicaReads] one of each process; neither has a user.
//
// In a join it is meant for the query's own table. A user's sessions that have reached a limit of
// [WithAbsoluteLifetime] have reached their expire_date too.
func (p *Plugin) Live(db *gorm.DB) *gorm.DB { return db.Where(p.store.Own.Live()) }
