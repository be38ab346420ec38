// Package faults shows that nothing is lost and nothing comes back, whatever fails: applications in
// processes of their own (package application), clients that keep ledgers (package ledger), and a
// checker of histories (package history), on real databases.
//
// The cases run where they are asked for, in a short form and in a long one, and write what they
// have found:
//
//	go test -count 1 . -form short
//	go test -count 1 . -form long -timeout 3h -report ../../docs/reliability.md
//
// What they would find is shown by faults that are planted in the library, one after the other:
//
//	go run ./planted
package faults
