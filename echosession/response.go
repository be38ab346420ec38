package echosession

import (
	"log/slog"
	"net/http"

	"github.com/labstack/echo/v5"

	"github.com/seed7368b609/gormsession/internal/passage"
)

// foundResponse is the response that the session finds, which knows more than one of net/http does.
type foundResponse struct {
	http.ResponseWriter
	echo *echo.Response
}

func found(w http.ResponseWriter) http.ResponseWriter {
	r, err := echo.UnwrapResponse(w)
	if err != nil {
		return w
	}
	return foundResponse{w, r}
}

func (w foundResponse) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Written tells whether the header is complete.
func (w foundResponse) Written() bool { return w.echo.Committed }

// WriteHeader sends what is for information by the writer beneath Echo's, which would take it for
// the answer.
func (w foundResponse) WriteHeader(code int) {
	to := w.ResponseWriter
	if code >= 100 && code < 200 && code != http.StatusSwitchingProtocols {
		to = w.echo.ResponseWriter
		for r, is := to.(*echo.Response); is; r, is = to.(*echo.Response) {
			to = r.ResponseWriter
		}
	}
	to.WriteHeader(code)
}

// completed is a response that has the answer to an error, for those outside: it says so, and an
// error handler that does not ask adds nothing to it.
func completed(
	outside http.ResponseWriter, held *passage.Writer, logger *slog.Logger,
) http.ResponseWriter {
	sent, err := echo.UnwrapResponse(outside)
	if err != nil || !held.Written() && !sent.Committed {
		return outside
	}
	done := echo.NewResponse(complete{outside}, logger)
	done.Committed, done.Status, done.Size = true, held.Status(), sent.Size
	return done
}

// complete is a response to which nothing is added.
type complete struct{ http.ResponseWriter }

func (complete) WriteHeader(int)                {}
func (complete) Write(data []byte) (int, error) { return len(data), nil }
func (w complete) Unwrap() http.ResponseWriter  { return w.ResponseWriter }
