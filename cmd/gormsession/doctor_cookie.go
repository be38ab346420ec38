package main

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/net/publicsuffix"

	"github.com/seed7368b609/gormsession"
)

// cookieFlags are the settings of the cookie.
type cookieFlags struct {
	name, domain, path, secure, sameSite string
	httpOnly, partitioned                bool
	site                                 string
	at                                   *url.URL // site, nil if it was not said
}

// add adds the flags.
func (f *cookieFlags) add(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.name, "cookie", "", "WithCookieName (default session, with --django sessionid)")
	flags.StringVar(&f.domain, "cookie-domain", "", "WithDomain")
	flags.StringVar(&f.path, "cookie-path", "/", "WithPath")
	flags.StringVar(&f.secure, "cookie-secure", "auto",
		"WithSecure: always, never, or auto without it")
	flags.StringVar(&f.sameSite, "cookie-same-site", "lax",
		"WithSameSite: lax, strict, none or default")
	flags.BoolVar(&f.httpOnly, "cookie-http-only", true, "WithHTTPOnly")
	flags.BoolVar(&f.partitioned, "cookie-partitioned", false, "WithPartitioned")
	flags.StringVar(&f.site, "site", "", "an address of the site, such as https://shop.example.com/")
	choices(c, "cookie-secure", "auto", "always", "never")
	choices(c, "cookie-same-site", "lax", "strict", "none", "default")
}

var sameSites = map[string]http.SameSite{
	"lax": http.SameSiteLaxMode, "strict": http.SameSiteStrictMode, "none": http.SameSiteNoneMode,
	"default": http.SameSiteDefaultMode,
}

// check refuses flags that say nothing.
func (f *cookieFlags) check() (err error) {
	if sameSites[f.sameSite] == 0 {
		return misusef("--cookie-same-site %q: it is lax, strict, none or default", f.sameSite)
	}
	if f.secure != "auto" && f.secure != "always" && f.secure != "never" {
		return misusef("--cookie-secure %q: it is auto, always or never", f.secure)
	}
	if f.site == "" {
		return nil
	}
	f.at, err = url.Parse(f.site)
	if err != nil || f.at.Hostname() == "" || f.at.Scheme != "http" && f.at.Scheme != "https" {
		return misusef("--site %q: it is an address such as https://shop.example.com/", f.site)
	}
	return nil
}

// options are those that the flags say.
func (f *cookieFlags) options() []gormsession.Option {
	opts := []gormsession.Option{
		gormsession.WithDomain(f.domain), gormsession.WithPath(f.path),
		gormsession.WithHTTPOnly(f.httpOnly), gormsession.WithSameSite(sameSites[f.sameSite]),
	}
	if f.name != "" {
		opts = append(opts, gormsession.WithCookieName(f.name))
	}
	if f.secure != "auto" {
		opts = append(opts, gormsession.WithSecure(f.secure == "always"))
	}
	if f.partitioned {
		opts = append(opts, gormsession.WithPartitioned())
	}
	return opts
}

// alwaysSecure tells whether the cookie has Secure on http too.
func (f *cookieFlags) alwaysSecure() bool {
	name := strings.ToLower(f.name)
	return f.secure == "always" || f.sameSite == "none" || f.partitioned ||
		slices.ContainsFunc([]string{"__host-http-", "__host-", "__http-", "__secure-"},
			func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// lookAtCookie looks for what browsers refuse.
func (p *patient) lookAtCookie(context.Context) []finding {
	f := &p.cookie
	blank, err := openBlank(p.source.engine)
	if err == nil {
		_, err = gormsession.MigrationSQL(blank, f.options()...)
	}
	if err != nil {
		return []finding{fault("New refuses the settings of the cookie", p.told(err))}
	}
	findings := f.lookAtDomain()
	findings = append(findings, f.lookAtSite(p.django.on)...)
	if len(findings) == 0 {
		return []finding{fine("browsers take the cookie")}
	}
	return findings
}

// lookAtDomain looks for a Domain that belongs to nobody.
func (f *cookieFlags) lookAtDomain() []finding {
	domain := strings.ToLower(strings.TrimPrefix(f.domain, "."))
	suffix, _ := publicsuffix.PublicSuffix(domain) // of one label where none is listed
	switch {
	case domain == "":
		return nil
	case net.ParseIP(strings.Trim(domain, "[]")) != nil:
		return []finding{fault("the Domain "+f.domain+" is an address: browsers refuse it",
			"leave WithDomain out; the cookie goes to the host that set it")}
	case !strings.Contains(domain, "."):
		return []finding{fault("the Domain "+f.domain+" has no dot: browsers refuse it",
			"leave WithDomain out; the cookie goes to the host that set it")}
	case suffix == domain:
		return []finding{fault("the Domain "+f.domain+" is a public suffix, under which anybody "+
			"has a name: browsers refuse it", "WithDomain of your own name under it, or none")}
	}
	return nil
}

// lookAtSite compares the cookie with where it is set. One that Django shares keeps its name.
func (f *cookieFlags) lookAtSite(shared bool) (findings []finding) {
	if f.at == nil {
		return nil
	}
	host := strings.ToLower(f.at.Hostname())
	domain := strings.ToLower(strings.TrimPrefix(f.domain, "."))
	if domain != "" && host != domain && !strings.HasSuffix(host, "."+domain) {
		findings = append(findings, fault("the host "+host+" is not within the Domain "+
			f.domain+": browsers refuse the cookie", "WithDomain of a name that "+host+
			" ends with, or none"))
	}
	plain := f.at.Scheme == "http"
	local := host == "localhost" || strings.HasSuffix(host, ".localhost") || host == "127.0.0.1" ||
		host == "::1"
	switch {
	case plain && f.alwaysSecure() && local:
		findings = append(findings, hint("the cookie is Secure, and "+f.site+" is not: "+
			"Safari refuses it even on this machine", "try it over https, or without the attribute"))
	case plain && f.alwaysSecure():
		findings = append(findings, fault("the cookie is Secure, and "+f.site+" is not: "+
			"browsers refuse it", "serve the site over https"))
	case !plain && f.secure == "never":
		findings = append(findings, fault("the cookie is not Secure: it goes over plain http too, "+
			"where anybody on the way can read it", "leave WithSecure(false) out"))
	}
	path := f.at.Path
	if path != "" && !within(path, f.path) {
		findings = append(findings, fault("the page "+path+" is not within the Path "+f.path+
			": browsers do not send the cookie there", "WithPath(\"/\"), or a path that holds all pages"))
	}
	if !shared && !plain && domain == "" && f.path == "/" && !strings.HasPrefix(f.name, "__Host-") {
		findings = append(findings, hint("another host of the domain can plant a cookie of this name",
			"WithCookieName(\"__Host-"+cmp.Or(strings.TrimPrefix(f.name, "__Secure-"), "session")+"\")"))
	}
	return findings
}

// within tells whether a browser sends a cookie of that Path with a page (RFC 6265, 5.1.4).
func within(page, path string) bool {
	return page == path || strings.HasPrefix(page, path) &&
		(strings.HasSuffix(path, "/") || page[len(path)] == '/')
}
