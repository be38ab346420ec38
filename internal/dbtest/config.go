package dbtest

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"gorm.io/gorm"
)

// A Config is a setting of GORM that changes how statements reach the database.
type Config struct {
	Name        string
	PrepareStmt bool // each statement is prepared once for the pool
	Bare        bool // SkipDefaultTransaction
}

// Configs lists the settings that whatever issues statements is tested with.
var Configs = []Config{
	{Name: "default"},
	{Name: "prepared", PrepareStmt: true},
	{Name: "bare", Bare: true},
	{Name: "both", PrepareStmt: true, Bare: true},
}

// Gorm is the setting as a gorm.Config of its own.
func (c Config) Gorm() *gorm.Config {
	return &gorm.Config{PrepareStmt: c.PrepareStmt, SkipDefaultTransaction: c.Bare}
}

// EachConfig runs f as a subtest per database and [Config], each with a private
// empty database. The subtests may call t.Parallel. Where the whole run is of one
// Config, it is that one alone: the others have a run of their own.
func EachConfig(t *testing.T, f func(t *testing.T, d *DB, c Config)) {
	t.Helper()
	configs := RunConfigs(t)
	for _, k := range Kinds {
		for _, c := range configs {
			t.Run(string(k)+"/"+c.Name, func(t *testing.T) { f(t, New(t, k), c) })
		}
	}
}

// RunConfigs lists the settings that this run is of: all of [Configs], or the one that
// [ConfigVariable] names.
func RunConfigs(tb testing.TB) []Config {
	tb.Helper()
	name := os.Getenv(ConfigVariable)
	if name == "" {
		return Configs
	}
	i := slices.IndexFunc(Configs, func(c Config) bool { return c.Name == name })
	if i < 0 {
		tb.Fatalf("dbtest: %s=%s: no such setting", ConfigVariable, name)
	}
	return Configs[i : i+1]
}

// ConfigVariable names the Config that every pool of a test run is opened with, so
// that the whole suite can be run once more: GORMSESSION_GORM=both go test ./...
const ConfigVariable = "GORMSESSION_GORM"

// fromEnvironment is the option that applies ConfigVariable. It switches on only: a
// test that asks for a setting by itself keeps it.
type fromEnvironment struct{}

func (fromEnvironment) Apply(g *gorm.Config) error {
	name := os.Getenv(ConfigVariable)
	for _, c := range Configs {
		if name == c.Name || name == "" {
			g.PrepareStmt = g.PrepareStmt || c.PrepareStmt
			g.SkipDefaultTransaction = g.SkipDefaultTransaction || c.Bare
			return nil
		}
	}
	return fmt.Errorf("dbtest: %s=%s: no such setting", ConfigVariable, name)
}

func (fromEnvironment) AfterInitialize(*gorm.DB) error { return nil }
