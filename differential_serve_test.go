package gormsession_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/seed7368b609/gormsession/ginsession"
)

// A served is a turn that is under way at the server.
type served struct {
	run  *run
	turn turn
	sent [][]string // the cookies' values, by plugin
	done chan struct{}
	seen seen
}

// values are what a turn brings under the name of a cookie.
func (t turn) values(own func(browser int) string) (values []string) {
	stranger := strings.Repeat("z", 31)
	switch t.brings {
	case "own", "own and unknown", "nine":
		values = append(values, own(t.browser))
	case "malformed":
		values = append(values, "bad!")
	case "long":
		values = append(values, strings.Repeat("y", 60))
	case "all browsers'":
		for i := range browsers {
			values = append(values, own(i))
		}
	}
	switch t.brings {
	case "unknown", "own and unknown":
		values = append(values, stranger+"z")
	case "nine":
		for i := range 9 {
			values = append(values, stranger+strconv.Itoa(i))
		}
	}
	return slices.DeleteFunc(values, func(v string) bool { return v == "" })
}

// serve is the handler of a site.
func (tw *twin) serve(at twinSite) gin.HandlerFunc {
	return func(c *gin.Context) {
		var sv *served
		tw.set(func() { sv = tw.turns[len(tw.turns)-1] })
		switch sv.turn.says {
		case "":
		case "cdn":
			c.Header("CDN-Cache-Control", "max-age=60")
		default:
			c.Header("Cache-Control", sv.turn.says)
		}
		c.Status(sv.turn.status)
		left := false
		for _, s := range sv.turn.steps {
			if s.leave == "" {
				sv.step(c, at, s)
				continue
			}
			left = true
			if conn := sv.leave(c, s.leave); conn != nil {
				defer conn.Close()
			}
		}
		switch {
		case sv.turn.end == "panic":
			panic("a handler's")
		case sv.turn.end == "late 500" && left:
			c.Writer.WriteHeader(http.StatusInternalServerError)
		}
	}
}

// leave lets the header of the response leave.
func (sv *served) leave(c *gin.Context, how string) io.Closer {
	switch how {
	case "flush":
		c.Writer.Flush()
	case "long body":
		_, _ = c.Writer.Write(make([]byte, 65<<10))
	case "hijack":
		conn, rw, err := c.Writer.Hijack()
		if err != nil {
			return nil
		}
		_, _ = fmt.Fprintf(rw, "HTTP/1.1 %d x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
			sv.turn.status)
		_ = rw.Flush()
		return conn
	}
	return nil
}

// step does one thing of a handler's.
func (sv *served) step(c *gin.Context, at twinSite, s step) {
	tw := sv.run.twin
	switch {
	case s.turn != nil:
		sv.run.request(*s.turn)
	case s.wait != 0:
		tw.set(func() { tw.now = tw.now.Add(s.wait) })
	case s.fault != nil:
		tw.set(func() { tw.fault = *s.fault })
	default:
		n := s.plugin % len(at.plugins)
		state := ginsession.GetFrom(c, at.plugins[n])
		act := acts[s.act-1]
		if act.real == nil {
			sv.seen.lines = append(sv.seen.lines, which(state.Key(), sv.sent[n]))
			return
		}
		sv.seen.lines = append(sv.seen.lines, act.real(state))
	}
}

// which names a key by where it is from.
func which(key string, sent []string) string {
	switch {
	case key == "":
		return "none"
	case slices.Contains(sent, key):
		return "brought"
	}
	return "new"
}
