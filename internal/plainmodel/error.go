package plainmodel

// An Error is what a save, or a request, ends with.
type Error string

// The errors, by the names of the library's.
const (
	NoError        Error = ""
	Unavailable    Error = "unavailable"
	OutcomeUnknown Error = "outcome unknown"
	Interrupted    Error = "interrupted"
	Encode         Error = "encode"
	Reserved       Error = "reserved"
	HeaderSent     Error = "header sent"
	WasDiscarded   Error = "discarded"

	lost Error = "the answer to COMMIT was lost" // inside of the database alone
)

// misuse tells whether it is the application's doing.
func (e Error) misuse() bool { return e == Encode || e == Reserved }

// fault tells whether what sticks to the session is none of the application's doing.
func (e Error) fault() bool { return e != NoError && !e.misuse() }

// status answers a commit that has failed.
func (e Error) status() int {
	switch e {
	case Unavailable, OutcomeUnknown:
		return 503
	case Interrupted:
		return 400
	}
	return 500
}
