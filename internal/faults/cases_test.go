package faults

// cases are all there are, in the order of the page.
var cases = []faultCase{
	{
		"kill-application", everywhere, killApplication,
		"Applications are killed, as by `kill -9`, and started again, while clients work. " +
			"What was acknowledged is there, once; pairs are whole; nobody is logged out; no " +
			"session that has ended comes back.",
	},
	{
		"kill-database", servers, killDatabase,
		"The server of the database is killed with all its processes, and started again, " +
			"while clients work. The same holds, and no application is started anew.",
	},
	{
		"storm", servers, storm,
		"All connections are ended each 200 ms, and 150 requests at least. The same holds, and " +
			"at least 99 of 100 requests succeed.",
	},
	{
		"exactly-one", servers, exactlyOne,
		"Of an increment the UPDATE or the COMMIT is lost, or its answer is, or it is held " +
			"and arrives later, while another node increments, or takes one back. It is done once " +
			"where it is acknowledged, not at all where it is unavailable, and once or not at all " +
			"where it is unknown.",
	},
	{
		"lost-answers", servers, lostAnswers,
		"The answers, or the statements, of a new session, a login and a logout are lost. " +
			"Each succeeds, and leaves one row, one, and none; the old key of a login opens " +
			"nothing. The INSERT of a new session is held until the session has ended, and an " +
			"UPDATE until its change was taken back, which stays so.",
	},
	{
		"slow-save", servers, slowSave,
		"Each statement of a save is slow. Nobody is answered before all are done, nor sees " +
			"any of it.",
	},
	{
		"meanwhile", servers, meanwhile,
		"While the write of one node is on its way, another one saves, logs in, logs out, or " +
			"takes what counts once. There is an order of the two that explains both answers.",
	},
	{
		"histories", everywhere, histories,
		"Four clients at a time do things to one session, while statements are lost and held, " +
			"connections end, and applications are killed. There is an order of all that was done " +
			"that explains each answer (porcupine), where a token that was put and taken may be " +
			"put once more until its client is answered.",
	},
	{
		"isolation", everywhere, isolation,
		"Clients work at each isolation that the application may have by default. Nothing " +
			"fails, and nothing is lost.",
	},
	{
		"locked", sqliteOnly, locked,
		"A process that is no application holds the write lock of SQLite for longer than the " +
			"busy timeout, until it is killed.",
	},
	{
		"full", sqliteOnly, full,
		"A database has no page left, and gets some again. What was acknowledged stays, and " +
			"can be ended.",
	},
	{
		"read-only", everywhere, readOnly,
		"The database takes no writes for a while. Nobody is logged out.",
	},
	{
		"pool", everywhere, poolExhausted,
		"The applications' own transactions take all connections. Each request is answered in " +
			"its time, and nothing stays open.",
	},
	{
		"silent", servers, silent,
		"The server stands still, with its connections open. Each request is answered in its " +
			"time, and nothing stays open.",
	},
	{
		"aborts", everywhere, aborts,
		"Half of the requests are given up by their clients within 10 ms. What they change is " +
			"saved as a whole or not at all, and nothing stays open.",
	},
	{
		"absent", servers, absent,
		"Applications begin before their database, which goes away once more. Nobody is " +
			"logged out.",
	},
	{
		"clearing", everywhere, clearing,
		"Four applications clear three quarters of a table at the same time, while clients " +
			"work. All that has expired goes, and nothing else.",
	},
	{
		"renewed", servers, renewedMeanwhile,
		"A session is renewed after a cleaner has seen it as expired, and before it deletes. " +
			"It stays.",
	},
	{
		"clocks", everywhere, clocks,
		"Nodes whose clocks are ten minutes apart serve the same sessions, and clear. Nobody " +
			"is logged out, also where a session lives for less than a node's clock is wrong.",
	},
}
