package dbtest

import (
	"crypto/rand"
	"fmt"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// StartGalera starts nodes of MariaDB that replicate to each other by Galera. Where a program is
// missing the test is skipped, or fails, as in [New].
func StartGalera(tb testing.TB, nodes int) []*Server {
	tb.Helper()
	e, err := findMariaDB()
	if err != nil {
		unavailable(tb, err)
	}
	libraries, _ := filepath.Glob("/usr/lib*/galera*/libgalera_smm.so")
	if len(libraries) == 0 {
		unavailable(tb, fmt.Errorf("%w: Galera's library was not found", errNoServer))
	}
	library := libraries[0]
	all, groups, password := make([]*Server, nodes), make([]int, nodes), rand.Text()
	for i := range groups {
		if groups[i], err = freePort(); err != nil {
			tb.Fatal(err)
		}
	}
	for i := range all {
		own := &settled{e, galeraSettings(library, i, groups, i == 0)}
		all[i] = startOwn(tb, &Server{kind: MariaDB, engine: own, password: password})
		own.settings = galeraSettings(library, i, groups, false) // as it is started again
		all[i].awaitSynced(tb)
	}
	return all
}

// galeraSettings are those of a node; groups are the ports by which nodes talk. The first one to
// start makes the cluster.
func galeraSettings(library string, node int, groups []int, first bool) []string {
	others := ""
	for i, port := range groups {
		if i != node && !first {
			if others != "" {
				others += ","
			}
			others += "127.0.0.1:" + strconv.Itoa(port)
		}
	}
	own := groups[node]
	return []string{
		"--wsrep-on=ON", "--wsrep-provider=" + library, "--wsrep-cluster-name=dbtest",
		"--wsrep-cluster-address=gcomm://" + others,
		fmt.Sprintf("--wsrep-node-name=node%d", node),
		fmt.Sprintf("--wsrep-node-address=127.0.0.1:%d", own),
		"--wsrep-sst-method=rsync",
		fmt.Sprintf("--wsrep-sst-receive-address=127.0.0.1:%d", own+2),
		"--wsrep-slave-threads=2", "--binlog-format=ROW", "--innodb-autoinc-lock-mode=2",
		fmt.Sprintf("--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:%d;"+
			"ist.recv_addr=127.0.0.1:%d;gcache.size=64M", own, own+1),
	}
}

// awaitSynced waits until a node has what the others have.
func (s *Server) awaitSynced(tb testing.TB) {
	tb.Helper()
	deadline := time.Now().Add(2 * startTimeout)
	for time.Now().Before(deadline) {
		state, err := askText(s.kind, s.dsn(), "SELECT VARIABLE_VALUE FROM "+
			"information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'wsrep_local_state_comment'")
		if err == nil && state == "Synced" {
			return
		}
		time.Sleep(pollInterval)
	}
	tb.Fatalf("dbtest: a node of Galera does not get what the others have%s", s.logTail())
}
