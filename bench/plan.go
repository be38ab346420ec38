package main

import (
	"slices"

	"github.com/seed7368b609/gormsession/bench/contender"
	"github.com/seed7368b609/gormsession/bench/database"
	"github.com/seed7368b609/gormsession/bench/measure"
	"github.com/seed7368b609/gormsession/bench/report"
)

// A section is a part of what is measured, which becomes a part of the page.
type section struct {
	name   report.Section
	cells  func(k database.Kind, s settings) []measure.Cell
	among  func(c contender.Contender, cell measure.Cell) bool
	slices int // that a turn takes: more where many clients have to get going
	rounds int // 0: as the command is told
}

// fewRows is how many rows there are where their number is not what is looked at.
const fewRows = 1_000

// rowsOf is how many rows there are of sessions of that size: of large ones fewer, as they are made
// anew often.
func rowsOf(size string) int {
	if size == "64KB" {
		return fewRows / 10
	}
	return fewRows
}

var sections = []section{
	{report.Untouched, untouched, libraries, 1, 0},
	{report.Requests, requests, keepers, 1, 0},
	{report.Clients, manyClients, keepers, 2, 0},
	{report.Growth, growth, comparable, 1, 0},
	{report.BesideRedis, besideRedis, redisRivals, 2, 0},
	{report.HotSession, hotSession, keepers, 5, 0},
	{report.Traffic, traffic, keepers, 1, 1},
	{report.RowUpdates, rowUpdates, comparable, 1, 5},
	{report.Clearing, clearing, clearers, 10, 1},
}

func sectionNames() (names []string) {
	for _, s := range sections {
		names = append(names, string(s.name))
	}
	return names
}

// libraries are those that a page without a session may pay for, beside gin alone.
func libraries(c contender.Contender, _ measure.Cell) bool { return c.Role != contender.Floor }

// keepers are those that keep sessions. In an exact count of one client at a time a peer would do
// the same as in a read and write.
func keepers(c contender.Contender, cell measure.Cell) bool {
	if cell.Work == contender.Modify && cell.Sessions == 0 && c.Role == contender.Peer {
		return false
	}
	return c.Role != contender.Bare && c.Keeps(cell.Database, cell.Size)
}

// comparable are gormsession and what it can be compared with where peers would take too long.
func comparable(c contender.Contender, _ measure.Cell) bool {
	return c.Role == contender.Ours || c.Name == contender.FloorName ||
		c.Role == contender.Floor && c.Config != contender.NoGORM
}

func clearers(c contender.Contender, _ measure.Cell) bool { return c.Name == contender.OwnDefault }

func untouched(k database.Kind, _ settings) []measure.Cell {
	if k != database.SQLite {
		return nil // No database is asked.
	}
	return []measure.Cell{{
		How: measure.InProcess, Database: k, Rows: fewRows, Size: "200B", Work: contender.Untouched,
	}}
}

func requests(k database.Kind, _ settings) (cells []measure.Cell) {
	for _, size := range contender.Sizes {
		for _, work := range []contender.Work{
			contender.Read, contender.ReadWrite, contender.Modify, contender.Create,
		} {
			cells = append(cells, measure.Cell{
				How: measure.InProcess, Database: k, Rows: rowsOf(size), Size: size, Work: work,
			})
		}
	}
	return cells
}

func manyClients(k database.Kind, _ settings) (cells []measure.Cell) {
	for _, work := range []contender.Work{
		contender.Read, contender.ReadWrite, contender.Create, contender.Mix,
	} {
		for _, clients := range []int{1, 32, 256} {
			cells = append(cells, measure.Cell{
				How: measure.OverHTTP, Database: k, Rows: fewRows, Size: "200B", Work: work,
				Clients: clients,
			})
		}
	}
	return cells
}

// growth has what adds to a table last.
func growth(k database.Kind, s settings) (cells []measure.Cell) {
	for _, rows := range s.rows {
		for _, work := range []contender.Work{
			contender.Read, contender.ReadWrite, contender.Create,
		} {
			cells = append(cells, measure.Cell{
				How: measure.InProcess, Database: k, Rows: rows, Size: "200B", Work: work,
			})
		}
	}
	return cells
}

// hotSession has 32 clients that count in a session each, and then all in one.
func hotSession(k database.Kind, _ settings) (cells []measure.Cell) {
	for _, sessions := range []int{32, 1} {
		cells = append(cells, measure.Cell{
			How: measure.OverHTTP, Database: k, Rows: fewRows, Size: "200B",
			Work: contender.Modify, Clients: 32, Sessions: sessions,
		})
	}
	return cells
}

func traffic(k database.Kind, _ settings) (cells []measure.Cell) {
	for _, work := range []contender.Work{
		contender.Untouched, contender.Read, contender.ReadWrite, contender.Modify, contender.Create,
	} {
		cells = append(cells, measure.Cell{
			How: measure.Counted, Database: k, Rows: fewRows, Size: "200B", Work: work,
		})
	}
	return cells
}

func rowUpdates(k database.Kind, _ settings) []measure.Cell {
	if k != database.Postgres {
		return nil
	}
	return []measure.Cell{{
		How: measure.RowUpdates, Database: k, Rows: fewRows, Size: "200B", Work: contender.ReadWrite,
	}}
}

// clearing has 1.4 million rows, of which 1 million have expired.
func clearing(k database.Kind, s settings) []measure.Cell {
	return []measure.Cell{{
		How: measure.Clearing, Database: k, Rows: slices.Max(s.rows) * 7 / 5, Size: "200B",
		Work: contender.Mix, Clients: 8,
	}}
}
