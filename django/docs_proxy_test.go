package django_test

import (
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
)

// handOn hands a request on to Django. What the server in front says of it stays: that the client
// speaks https, and who it is. Anybody else could claim that, and what is seen here replaces it.
func handOn(upstream *url.URL, front netip.Prefix) http.Handler {
	proxy := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(upstream)
		p.Out.Host = p.In.Host
		p.Out.URL.RawQuery = p.In.URL.RawQuery // also what Go cannot parse
		peer, _ := netip.ParseAddrPort(p.In.RemoteAddr)
		trusted := front.Contains(peer.Addr().Unmap())
		if trusted {
			p.Out.Header["X-Forwarded-For"] = p.In.Header["X-Forwarded-For"]
		}
		p.SetXForwarded()
		for _, name := range []string{"X-Forwarded-Proto", "X-Forwarded-Host"} {
			if said := p.In.Header[name]; trusted && len(said) > 0 {
				p.Out.Header[name] = said
			}
		}
	}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The server would close the form as soon as the answer begins, and the proxy, which may
		// not be done with it, would break the answer off.
		_ = http.NewResponseController(w).EnableFullDuplex()
		proxy.ServeHTTP(w, r)
	})
}
