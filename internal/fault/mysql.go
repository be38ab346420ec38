package fault

import (
	"reflect"
	"slices"
	"strings"
)

// The numbers of MySQL's errors, and of what speaks its protocol, by what another try may hope for.
var (
	mysqlConflicts = []uint64{
		1205, 1213, // lock wait timeout, deadlock; Galera's conflicts too
		1317,                   // interrupted: by somebody, or Vitess has ended the transaction
		1402, 1613, 1614, 1689, // rolled back (XA), a lock that gave way
		1020, 1412, 1637, // MariaDB's snapshots, a table that was altered, too many transactions
		3101,                   // group replication has rolled back; see isCertified
		8002, 8005, 8022, 9007, // TiDB: write conflicts, an undone commit
		8024, 8027, 8028, 8229, 9006, // TiDB: too old, for the schema or at all
	}
	mysqlLost = []uint64{
		1040, 1041, 1203, // too many connections, no resources: nothing has begun
		1047,                   // Galera: the node does not take part at the moment
		1053, 1077, 1079, 1080, // the server shuts down
		1152, 1158, 1159, 1160, 1161, 1184, // aborted, network errors
		1927, 3169, 4031, // MariaDB, MySQL: connection killed; MySQL: disconnected as idle
		2002, 2003, 2006, 2013, 3168, // Vitess and proxies: the server behind is away
		3100,                         // group replication could not ask the others
		8120, 9001, 9002, 9003, 9004, // TiDB: a node of the cluster is away or busy
		9005, 9008, 9010, 9011,
	}
	mysqlStale = []uint64{
		1243, 1615, 8111, 8113, // a prepared statement that is gone, or has to be prepared again
	}
	mysqlRejected = []uint64{
		1153, 8004, 8025, // larger than max_allowed_packet, or than TiDB takes
		1048, 1264, 1265, 1292, 1364, 1366, 1406, // null, range, length, charset
		1118, 1411, 1525, 1526, 1690, 3505, // row size, wrong values, no partition for it
		3140, 3903, 3904, 3907, // JSON, functional indexes
		1369, 1451, 1452, 3819, 4025, // a view's check, foreign keys, CHECK of MySQL and of MariaDB
		1644, // SIGNAL of the application's trigger
	}
	mysqlDuplicates = []uint64{1022, 1062, 1586, 1859}
)

func mysqlKind(err error) Kind {
	n := mysqlNumber(err)
	switch {
	case n == 0:
		return Other
	case slices.Contains(mysqlConflicts, n), isCertified(n, err):
		return Conflict
	case slices.Contains(mysqlLost, n), isFailingOver(n, err):
		return Lost
	case slices.Contains(mysqlStale, n):
		return Stale
	case slices.Contains(mysqlRejected, n), isRefused(mysqlState(err)):
		return Rejected
	}
	return Other
}

// isCertified tells whether group replication has refused a commit in favour of another member's:
// "Got error 149 - 'Lock deadlock; Retry transaction' during COMMIT".
func isCertified(n uint64, err error) bool {
	return n == 1180 && strings.Contains(err.Error(), "error 149")
}

// isFailingOver tells whether Vitess says that no tablet serves at the moment.
func isFailingOver(n uint64, err error) bool {
	return n == 1105 && (strings.Contains(err.Error(), "code = Unavailable") ||
		strings.Contains(err.Error(), "code = ClusterEvent"))
}

// mysqlLeavesOpen tells whether an error says nothing of how a commit ended: it is unknown,
// internal, an interruption, or just "during COMMIT".
func mysqlLeavesOpen(err error) bool {
	n := mysqlNumber(err)
	return slices.Contains([]uint64{1105, 1180, 1317, 1815}, n) && !isCertified(n, err)
}

// mysqlError is the MySQLError of go-sql-driver, whose type this package does not import.
func mysqlError(err error) (e reflect.Value, ok bool) {
	for _, err := range chain(err) {
		v := reflect.Indirect(reflect.ValueOf(err))
		if v.Kind() == reflect.Struct && v.Type().Name() == "MySQLError" {
			return v, true
		}
	}
	return reflect.Value{}, false
}

func mysqlNumber(err error) uint64 {
	if e, ok := mysqlError(err); ok {
		if n := e.FieldByName("Number"); n.IsValid() && n.CanUint() {
			return n.Uint()
		}
	}
	return 0
}

func mysqlState(err error) string {
	if e, ok := mysqlError(err); ok {
		if state := e.FieldByName("SQLState"); state.IsValid() && state.Kind() == reflect.Array {
			code := make([]byte, state.Len())
			reflect.Copy(reflect.ValueOf(code), state)
			return string(code)
		}
	}
	return ""
}
