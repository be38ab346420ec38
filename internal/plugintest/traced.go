package plugintest

import (
	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/trace"
	"gorm.io/gorm"
	"gorm.io/plugin/opentelemetry/tracing"

	"github.com/seed7368b609/gormsession/ginsession"
)

// traced mounts sessions whose statements are spans beneath that of their request.
func traced(db *gorm.DB, provider trace.TracerProvider) (*gin.Engine, error) {
	// Without the variables: these are what sessions hold.
	if err := db.Use(tracing.NewPlugin(
		tracing.WithTracerProvider(provider), tracing.WithoutQueryVariables(),
	)); err != nil {
		return nil, err
	}
	r := gin.New()
	r.Use(func(c *gin.Context) { // otelgin.Middleware is such a one
		ctx, span := provider.Tracer("site").Start(c.Request.Context(), c.FullPath())
		defer span.End()
		c.Request = c.Request.WithContext(ctx) // before the session is mounted
		c.Next()
	}, ginsession.New(db))
	return r, nil
}
