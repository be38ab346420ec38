package plugintest

import (
	"os"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession/internal/dbtest"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode) // routes are not worth printing
	os.Exit(dbtest.Main(m))
}
