package browsertest

import (
	"log"
	"os"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

// built is where programs are put that the tests build.
var built string

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode) // routes are not worth printing
	var err error
	if built, err = os.MkdirTemp("", "browsertest-"); err != nil {
		log.Fatal(err)
	}
	code := dbtest.Main(m)
	closeChromium()
	os.RemoveAll(built)
	os.Exit(code)
}
