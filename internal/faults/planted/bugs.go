package main

// A bug is a fault that is planted in the library's source, and the case that finds it.
type bug struct {
	name, what string
	file       string // in the root of the module
	edits      []edit
	found      string // a case, a kind of database behind it
}

// An edit puts a text in the place of another one, which stands there once.
type edit struct{ old, new string }

var bugs = []bug{
	{
		name: "last writer wins",
		what: "a save does not look whether another one was quicker",
		file: "internal/engine/statements.go",
		edits: []edit{{
			`"WHERE session_key = ? AND %s", table, set, t.dialect.sameData)`,
			`"WHERE session_key = ? AND (1 = 1 OR %s)", table, set, t.dialect.sameData)`,
		}},
		found: "meanwhile/postgres",
	},
	{
		name: "upsert on save",
		what: "a save makes the row that has gone",
		file: "internal/engine/update.go",
		edits: []edit{{
			"case !found:\n\t\t\treturn ErrInterrupted\n\t\tcase u.isOurs(current): //",
			"case !found:\n\t\t\treturn u.Table.create(on, u.old, u.to)\n\t\tcase u.isOurs(current): //",
		}},
		found: "meanwhile/mariadb",
	},
	{
		name: "cycle without its guard",
		what: "a new key takes along what was loaded, not what is there",
		file: "internal/engine/statements.go",
		edits: []edit{{
			`rekey:  guarded("session_key = ?, session_data = ?, expire_date = ?", 5),`,
			`rekey: func() guardedText {
			query := fmt.Sprintf("UPDATE %s SET session_key = ?, session_data = ?, expire_date = ? "+
				"WHERE session_key = ? AND (1 = 1 OR %s)", table, t.dialect.sameData)
			return guardedText{t.text(query, 5), t.text(query+" AND expire_date > ?", 6)}
		}(),`,
		}},
		found: "meanwhile/postgres",
	},
	{
		name: "blind replay after a lost answer",
		what: "what a COMMIT without an answer has done counts as undone, and is done again",
		file: "internal/engine/transact.go",
		edits: []edit{{
			"\tdefault:\n\t\treturn err\n\t}\n}\n\n// inTime",
			"\tdefault:\n\t\treturn undone{err}\n\t}\n}\n\n// inTime",
		}},
		found: "exactly-one/postgres",
	},
	{
		name: "an insert retried under another key",
		what: "after a lost answer a new session is made once more, under another key",
		file: "internal/engine/insert.go",
		edits: []edit{{
			"free := i.answered\n",
			"free := i.answered\n\tif i.rewrite.Limit == nil {\n\t\treturn errDuplicate\n\t}\n",
		}},
		found: "lost-answers/mariadb",
	},
	{
		name:  "equal text taken for ours",
		what:  "the text of a save bears no mark, so that another's equal one passes for it",
		file:  "internal/engine/rewrite.go",
		edits: []edit{{"if c.Relative {\n\t\tw.nonce", "if false {\n\t\tw.nonce"}},
		found: "exactly-one/postgres",
	},
	{
		name: "unknown called unavailable",
		what: "of what may have been done it is said that it was not",
		file: "internal/engine/transact.go",
		edits: []edit{{
			"return &failure{sentinel: ErrOutcomeUnknown, cause: err}",
			"return &failure{sentinel: ErrUnavailable, cause: err}",
		}},
		found: "exactly-one/mariadb",
	},
	{
		name: "a fault as logout",
		what: "a session that could not be read counts as none",
		file: "internal/engine/table.go",
		edits: []edit{{
			"return r, found, t.fault(err, stored)",
			"_ = t.fault(err, stored)\n\treturn r, found, nil",
		}},
		found: "absent/postgres",
	},
	{
		name: "answered before the commit",
		what: "the response does not wait for the COMMIT",
		file: "internal/engine/transact.go",
		edits: []edit{{
			"open = false\n\tswitch err := t.inTime(ctx, tx.Commit); {",
			"open = false\n\tgo func() { _ = tx.Commit() }()\n\tswitch err := error(nil); {",
		}},
		found: "slow-save/postgres",
	},
	{
		name: "a save in two halves",
		what: "entries are saved one after the other",
		file: "internal/engine/update.go",
		edits: []edit{
			{"import (\n", "import (\n\t\"maps\"\n"},
			{
				"// news of the row.\n\tmissed := false\n",
				"// news of the row.\n\tif err := u.firstHalf(ctx); err != nil {\n\t\treturn err\n\t}\n" +
					"\tmissed := false\n",
			},
			{
				"func (u *updating) unmarked(",
				`func (u *updating) firstHalf(ctx context.Context) (err error) {
	half := u.from
	half.Entries = maps.Clone(u.from.Entries)
	for _, name := range slices.Sorted(maps.Keys(u.to.Entries)) {
		if !bytes.Equal(u.to.Entries[name], u.from.Entries[name]) {
			half.Entries[name] = u.to.Entries[name]
			break
		}
	}
	if half.Data, err = u.Table.encode(u.old, half.Entries, ""); err != nil {
		return err
	}
	return u.transact(ctx, func(on line) error {
		g := u.guard(u.from)
		n, err := u.set(on, &g, u.old, half)
		if n > 0 {
			u.from = half
		}
		return err
	})
}

func (u *updating) unmarked(`,
			},
		},
		found: "slow-save/postgres",
	},
	{
		name: "a sweep that deletes what was renewed",
		what: "a cleaner does not look again whether what it has seen is still expired",
		file: "internal/engine/sweep.go",
		edits: []edit{{
			`"session_key IN ? AND "+q.due.text,`, `"session_key IN ? AND (1 = 1 OR "+q.due.text+")",`,
		}},
		found: "renewed/postgres",
	},
	{
		name: "no deadline",
		what: "a load, or a save, takes as long as the database does",
		file: "persist.go",
		edits: []edit{{
			"context.WithTimeout((*heldContext)(s), s.p.opts.timeout)",
			"context.WithCancel((*heldContext)(s))",
		}},
		found: "silent/postgres",
	},
	{
		name: "a goroutine that stays",
		what: "something waits for the end of a context that has none",
		file: "persist.go",
		edits: []edit{{
			"\tctx, cancel := context.WithTimeout((*heldContext)(s), ",
			"\tgo func() { <-context.Background().Done() }()\n" +
				"\tctx, cancel := context.WithTimeout((*heldContext)(s), ",
		}},
		found: "pool/sqlite",
	},
	{
		name: "a cycle that leaves its old row",
		what: "a session gets a second row under the new key",
		file: "internal/engine/cycle.go",
		edits: []edit{{
			"n, err := c.rekey(on, c.guard(from), c.old, c.next, to)\n",
			"n, err := int64(1), c.into.create(on, c.next, to)\n",
		}},
		found: "kill-application/sqlite",
	},
	{
		name: "reads by another clock",
		what: "a load goes by the clock of the process, a save by that of the application",
		file: "internal/engine/table.go",
		edits: []edit{{
			"return t.read(ctx, t.texts.find, stored, []any{string(stored), t.expireVar(t.Now())})",
			"return t.read(ctx, t.texts.find, stored, []any{string(stored), t.expireVar(time.Now())})",
		}},
		found: "clocks/sqlite",
	},
	{
		name:  "a conflict is not tried again",
		what:  "a serialization failure or a deadlock is an error at once",
		file:  "internal/engine/retry.go",
		edits: []edit{{"case fault.Conflict:\n", "case fault.Conflict:\n\t\t\treturn err\n"}},
		found: "isolation/postgres",
	},
	{
		name:  "a lost connection is not tried again",
		what:  "what a connection that has gone has not done is an error at once",
		file:  "internal/engine/retry.go",
		edits: []edit{{"atOnce = try < quick\n\t\tcase fault.Stale", "return err\n\t\tcase fault.Stale"}},
		found: "storm/postgres",
	},
	{
		name:  "an error of a save that is dropped",
		what:  "what the database has refused to save is acknowledged",
		file:  "internal/engine/update.go",
		edits: []edit{{"return done, t.fault(err, w.old)", "return done, nil"}},
		found: "read-only/sqlite",
	},
	{
		name: "a cleaner that stops early",
		what: "a cleaner says that it has cleared all, after one batch",
		file: "internal/engine/sweep.go",
		edits: []edit{{
			"case len(swept.keys) == 0, !q.stepping && last(swept):",
			"case len(swept.keys) == 0, total > 0, !q.stepping && last(swept):",
		}},
		found: "clearing/mariadb",
	},
	{
		name: "a taken token is given twice",
		what: "Take answers before its save is known to be done",
		file: "take.go",
		edits: []edit{{
			"if !s.saveOrFail() {\n\t\treturn none, false\n\t}\n",
			"",
		}},
		found: "meanwhile/postgres",
	},
}
