package recipes

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession"
	"github.com/seed7368b609/gormsession/ginsession"
)

const uploads = ginsession.Field[[]string]("uploads")

// upload keeps a file of 10 MB at most. It stands behind the guard, which reads no body.
func upload(dir string) gin.HandlerFunc {
	return func(c *gin.Context) {
		file, err := os.CreateTemp(dir, "upload-")
		if err != nil {
			c.AbortWithStatus(http.StatusInternalServerError)
			return
		}
		_, err = io.Copy(file, http.MaxBytesReader(c.Writer, c.Request.Body, 10<<20))
		if closed := file.Close(); err == nil {
			err = closed // a disk may be full by then
		}
		s := ginsession.Get(c)
		if err == nil {
			uploads.Modify(s, func(names []string) []string {
				return append(names, filepath.Base(file.Name()))
			})
			err = s.Save() // now, to know whether the file is to stay
		}
		if err != nil {
			if !errors.Is(err, gormsession.ErrOutcomeUnknown) { // then the session may name it
				_ = os.Remove(file.Name())
			}
			status := http.StatusServiceUnavailable // which saves nothing more
			if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
				status = http.StatusRequestEntityTooLarge
			}
			c.AbortWithStatus(status)
			return
		}
		c.String(http.StatusCreated, "%d files", len(uploads.Or(s, nil)))
	}
}
