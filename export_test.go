package gormsession

// WithNewKey sets the source of session keys, for tests of one that collides.
func WithNewKey(newKey func() string) Option { return func(o *options) { o.newKey = newKey } }

// Replays counts the saves that met another one and were replayed on it.
func (p *Plugin) Replays() int64 { return p.store.replays.Load() }

// AwaitSweep returns when no sweep is running that an insert before has begun.
func (p *Plugin) AwaitSweep() {
	p.store.sweeper.running.Lock()
	defer p.store.sweeper.running.Unlock()
}
