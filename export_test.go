package gormsession

import "github.com/seed7368b609/gormsession/internal/layout"

// WithLayout chooses a layout as the packages of this module do.
func WithLayout(l layout.Layout) Option { return layout.Option(l).(Option) }

// WithNewKey sets the source of session keys, for tests of one that collides.
func WithNewKey(newKey func() string) Option { return func(o *options) { o.newKey = newKey } }

// AwaitSweep returns when no sweep is running that an insert before has begun.
func (p *Plugin) AwaitSweep() { p.store.Own.AwaitSweep() }
