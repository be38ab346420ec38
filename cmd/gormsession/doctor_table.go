package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/seed7368b609/gormsession"
	news "github.com/seed7368b609/gormsession/internal/fault"
)

// lookAtTable looks for what New refuses, and warns of.
func (p *patient) lookAtTable(ctx context.Context) (findings []finding) {
	if p.why != nil {
		return []finding{fault("New refuses the table: "+p.told(p.why), p.mendTable())}
	}
	for _, text := range p.logs.texts {
		if !strings.Contains(text, "busy timeout") { // of which lookAtPatience says more
			findings = append(findings, hint(strings.TrimPrefix(text, "gormsession: "),
				"ask with an account that may see how the table is made"))
		}
	}
	findings = append(findings, p.lookAtColumns()...)
	switch full, err := p.base.store.Own.Fillfactor(ctx); {
	case err != nil:
		findings = append(findings, p.unread("the fillfactor", err))
	case full > 90 && !p.django.on:
		findings = append(findings, fault(fmt.Sprintf("PostgreSQL packs the pages of the table "+
			"to %d %%: few saves find room on the page of their row", full),
			fmt.Sprintf("ALTER TABLE %s SET (fillfactor = 85)", p.quoted())))
	case full > 0 && full <= 90:
		findings = append(findings, fine("the fillfactor is %d", full))
	}
	return findings
}

// lookAtColumns looks for columns that a row of the library's own would not fill.
func (p *patient) lookAtColumns() []finding {
	opts, err := p.options(p.db)
	if err == nil {
		opts = append(opts, gormsession.WithoutMigration(),
			gormsession.WithLogger(slog.New(slog.DiscardHandler)))
		_, err = gormsession.New(p.db, opts...)
	}
	if err == nil && p.hasUsers && !p.base.users {
		if _, err := gormsession.New(p.db, append(opts, gormsession.WithUsers())...); err != nil {
			mend := p.line("migrate --users --yes")
			if p.django.on { // whose columns are Django's
				mend = p.mendOf(err)
			}
			return []finding{fault("New refuses the table: "+p.told(err), mend)}
		}
	}
	if err != nil {
		return []finding{hint(p.told(err), "nothing, if the application gives New its model by "+
			"WithModel, and that has the column")}
	}
	return []finding{fine("New takes the table %s", p.name())}
}

// mendTable mends a table that New refuses: its errors say how, but for one that this tool makes.
func (p *patient) mendTable() string {
	switch says := news.For(p.db.Dialector); {
	case says.Tells(p.why, news.NoRight) && p.source.engine != "sqlite":
		return p.grant("SELECT, INSERT, UPDATE, DELETE")
	case says.Tells(p.why, news.NoTable) && p.django.on:
		return p.line("migrate --yes") + ", or manage.py migrate"
	case says.Tells(p.why, news.NoTable):
		return p.line("migrate --yes")
	}
	return p.mendOf(p.why)
}

// grant is the statement that gives the account rights.
func (p *patient) grant(rights string) string {
	return fmt.Sprintf("GRANT %s ON %s TO the account", rights, p.quoted())
}

// mendOf is the mend that an error of New says.
func (p *patient) mendOf(err error) string {
	_, mend, found := strings.Cut(p.told(err), "; ")
	if !found {
		mend = "see what the error says"
	}
	return mend
}

// line is a command line of this program for the table.
func (p *patient) line(command string) string {
	line := "gormsession " + command
	if p.django.on {
		line += " --django"
	}
	if p.django.on && p.source.engine != "postgres" && command == "clear" {
		line += " --django-time-zone " + cmp.Or(p.django.zone, "UTC or TIME_ZONE")
	}
	if p.table != "" {
		line += " --table " + p.table
	}
	return line
}

// lookAtIndexes looks for the indexes without which the whole table is read.
func (p *patient) lookAtIndexes(context.Context) (findings []finding) {
	if p.base == nil {
		return nil
	}
	needed := map[string]string{"expire_date": "each sweep of expired rows"}
	if p.base.users {
		needed["user_id"] = "each list of a user's sessions, and each end of them,"
	}
	for _, column := range []string{"expire_date", "user_id"} {
		what, ok := needed[column]
		if !ok {
			continue
		}
		switch is, err := p.base.store.Own.IsIndexed(column); {
		case err != nil:
			findings = append(findings, p.unread("the indexes", err))
		case is:
			findings = append(findings, fine("there is an index on %s", column))
		default:
			concurrently := ""
			if p.source.engine == "postgres" {
				concurrently = "CONCURRENTLY "
			}
			_, bare, qualified := strings.Cut(p.name(), ".")
			if !qualified {
				bare = p.name()
			}
			findings = append(findings, fault(
				fmt.Sprintf("there is no index on %s: %s reads the whole table", column, what),
				fmt.Sprintf("CREATE INDEX %s%s ON %s (%s)", concurrently,
					quoted(p.source.engine, "idx_"+bare+"_"+column), p.quoted(), column)))
		}
	}
	return findings
}

// lookAtRights looks for rights that requests need. The account is that of the DSN.
func (p *patient) lookAtRights(ctx context.Context) []finding {
	if p.base == nil || p.source.engine == "sqlite" {
		return nil
	}
	denied, err := p.base.store.Own.Denied(ctx)
	switch {
	case err != nil:
		return []finding{p.unread("the rights of the account", err)}
	case len(denied) > 0:
		rights := strings.Join(denied, ", ")
		return []finding{fault("this account may not "+rights+" in the table", p.grant(rights))}
	}
	return []finding{fine("the account may read and write the table")}
}

// lookAtRows looks for expired rows that nobody deletes.
func (p *patient) lookAtRows(ctx context.Context) []finding {
	if p.base == nil {
		return nil
	}
	all, live, err := p.base.store.Own.Rows(ctx, "")
	expired := all - live
	switch {
	case err != nil:
		return []finding{p.unread("the rows", err)}
	case expired > 10_000 && expired > live:
		return []finding{fault(fmt.Sprintf("%d rows have expired, beside %d that live: nobody deletes "+
			"them", expired, live), p.line("clear")+", and see WithCleanup")}
	}
	return []finding{fine("%d rows live, %d have expired", live, expired)}
}

// name is the table's.
func (p *patient) name() string {
	switch {
	case p.table != "":
		return p.table
	case p.django.on:
		return "django_session"
	}
	return gormsession.Session{}.TableName()
}

// quoted is the table's name as a statement has it.
func (p *patient) quoted() string { return quoted(p.source.engine, p.name()) }

// unread is what could not be looked at.
func (p *patient) unread(what string, err error) finding {
	return hint(what+" cannot be read: "+p.told(err),
		"ask with an account that may see it")
}
