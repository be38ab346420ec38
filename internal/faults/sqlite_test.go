package faults

import (
	"bufio"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"

	"github.com/seed7368b609/gormsession/internal/dbtest"
	"github.com/seed7368b609/gormsession/internal/faults/application"
)

// lockVariable names the database that a process locks until its standard input ends.
const lockVariable = "GORMSESSION_FAULTS_LOCK"

func holdLock(dsn string) {
	db, err := sql.Open("sqlite3", dsn)
	if err == nil {
		db.SetMaxOpenConns(1)
		_, err = db.Exec("BEGIN IMMEDIATE")
	}
	fmt.Println("locked", err)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// locked has a process that is no application keep the one write lock, and be killed then.
func locked(tr *trial) {
	d := dbtest.New(tr, tr.kind)
	s := settings(d)
	s.DSN = busy(d.DSN(), 300)
	c := tr.gather(tr.nodes(s), 8)
	for range tr.size(3, 8) {
		c.awaitServed(200)
		binary, err := os.Executable()
		if err != nil {
			tr.Fatal(err)
		}
		cmd := exec.Command(binary)
		cmd.Env = append(os.Environ(), lockVariable+"="+busy(d.DSN(), 20000))
		stdin, err1 := cmd.StdinPipe()
		stdout, err2 := cmd.StdoutPipe()
		if err1 != nil || err2 != nil || cmd.Start() != nil {
			tr.Fatal(err1, err2)
		}
		if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "locked <nil>\n" {
			tr.Error(line, err)
		}
		c.fault()
		before := tr.unavailable.Load()
		for tr.unavailable.Load() < before+8 {
			c.awaitServed(1)
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
		stdin.Close()
		c.heal()
	}
	c.awaitServed(200)
	c.finish()
}

// full has a database grow to its last page, and room made again.
func full(tr *trial) {
	d := dbtest.New(tr, tr.kind)
	first := startNode(tr, tr.configs[0], settings(d))
	first.ready()
	db := tr.alone(d)
	var pages int
	if err := db.Raw("PRAGMA page_count").Scan(&pages).Error; err != nil {
		tr.Fatal(err)
	}
	s := settings(d)
	s.Pages = pages + 60
	nodes := tr.nodes(s)
	c := tr.gather(nodes, 8)
	for range tr.size(2, 5) {
		c.awaitServed(100)
		var fillers []string
		for inARow := 0; inARow < 4; {
			got := nodes[0].ask("/start", "", "size", "3000")
			tr.count("filling", got)
			if got.Outcome == application.Done {
				fillers, inARow = append(fillers, got.Key), 0
			} else {
				inARow++
			}
		}
		c.fault()
		c.awaitServed(200)
		for _, key := range fillers { // what was acknowledged is there, and can be ended
			got := nodes[0].ask("/logout", key)
			for try := 0; got.Outcome == application.Unavailable && try < 20; try++ {
				tr.count("making room", got)
				got = nodes[0].ask("/logout", key)
			}
			tr.count("making room", got)
			var err error
			if got.Outcome != application.Done {
				err = fmt.Errorf("answered with %d, %q", got.status, got.Outcome)
			}
			tr.holds(err, "a session that was acknowledged on a disk that was nearly full")
		}
		c.heal()
	}
	c.awaitServed(200)
	c.finish()
}
