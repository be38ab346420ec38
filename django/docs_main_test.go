package django_test

import (
	"cmp"
	"log"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"time"

	"github.com/gin-gonic/gin"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"

	"github.com/seed7368b609/gormsession/ginsession"
)

func main() {
	// Where Django listens, such as http://127.0.0.1:8000, and where the server in front connects
	// from.
	upstream, err := url.Parse(os.Getenv("DJANGO"))
	if err != nil {
		log.Fatal(err)
	}
	front, err := netip.ParsePrefix(cmp.Or(os.Getenv("FRONT"), "127.0.0.0/8"))
	if err != nil {
		log.Fatal(err)
	}
	// Django's database. There are gorm.io/driver/mysql and gorm.io/driver/sqlite, too.
	db, err := gorm.Open(postgres.Open(os.Getenv("DATABASE")), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	plugin, err := openSessions(db)
	if err != nil {
		log.Fatal(err)
	}

	r := gin.New()
	r.RedirectTrailingSlash = false // a path that Go does not know as it stands is Django's
	r.NoRoute(gin.WrapH(handOn(upstream, front)))

	shop := r.Group("/", ginsession.Handler(plugin))
	shop.GET("/go/", func(c *gin.Context) {
		c.String(http.StatusOK, "%d entries", ginsession.Get(c).Len())
	})

	accountPages(shop, db)

	cartPages(shop)

	loginPages(shop, db)

	server := &http.Server{
		Addr: ":8080", Handler: r,
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
	}
	log.Fatal(server.ListenAndServe())
}

var _ = main // which TestDocumentPrograms has the compiler read, with what else the steps have
