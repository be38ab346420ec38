package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Over TLS the cookie is one that no sibling host can plant, and that leaves over TLS
// alone. The program itself is run, with a certificate of its own.
func TestHTTPS(t *testing.T) {
	t.Parallel()
	cert, key, roots := certificate(t)
	s := quiet("127.0.0.1:0", filepath.Join(t.TempDir(), "shop.db"))
	s.cert, s.key = cert, key
	base := started(t, s)

	jar, _ := cookiejar.New(nil)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Jar: jar, Transport: transport}
	resp, err := client.PostForm(base+"/login",
		url.Values{"name": {"ada"}, "password": {users[0].Password}})
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || resp.Proto != "HTTP/2.0" ||
		!strings.Contains(string(page), "You are logged in as Ada.") {
		t.Errorf("%v, %s %s\n%s", err, resp.Proto, resp.Status, page)
	}
	if resp.Header.Get("Strict-Transport-Security") == "" {
		t.Error("browsers are not told to stay on HTTPS")
	}
	checkHostCookie(t, resp.Request.Response) // the redirect before
}

// With -production the cookie is that one also where TLS ends in front of the shop.
func TestProduction(t *testing.T) {
	t.Parallel()
	s := quiet("127.0.0.1:0", filepath.Join(t.TempDir(), "shop.db"))
	s.production = true
	v := visit(t, started(t, s))
	resp, _ := v.do(http.MethodPost, "/login",
		url.Values{"name": {"ada"}, "password": {users[0].Password}, "remember": {"yes"}})
	c := checkHostCookie(t, resp)
	if c.MaxAge < int(remembered.Seconds()) {
		t.Errorf("who is remembered has a cookie for %d seconds", c.MaxAge)
	}
	// What stands in front hands it on to a shop that it reaches without TLS.
	handOn := func(name string) (*http.Response, string) {
		return visit(t, v.base).do(http.MethodGet, "/account", nil, "Cookie", name+"="+c.Value)
	}
	resp, page := handOn(c.Name)
	if resp.StatusCode != http.StatusOK || !strings.Contains(page, "You are logged in as Ada.") ||
		!strings.Contains(page, "30 days after its last change") {
		t.Errorf("%s\n%s", resp.Status, page)
	}
	if resp, _ := handOn("session"); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("by another name the cookie is a session, too: %s", resp.Status)
	}
}

// started runs the program until the test ends, and returns where it is.
func started(t *testing.T, s settings) (base string) {
	t.Helper()
	ctx, interrupt := context.WithCancel(context.Background())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, s, in)
		in.CloseWithError(err)
		ended <- err
	}()
	t.Cleanup(func() {
		interrupt()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	said, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`https?://\S+`).FindString(said)
}

// checkHostCookie returns the cookie that a response sets: one that browsers keep
// to this very host, and to TLS.
func checkHostCookie(t *testing.T, resp *http.Response) *http.Cookie {
	t.Helper()
	cookies := resp.Cookies()
	if len(cookies) != 1 {
		t.Fatalf("%d cookies", len(cookies))
	}
	c := cookies[0]
	if c.Name != "__Host-session" || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" ||
		c.SameSite != http.SameSiteLaxMode {
		t.Errorf("the cookie is %s=...; Path=%s; Domain=%s; Secure %t; HttpOnly %t; SameSite %d",
			c.Name, c.Path, c.Domain, c.Secure, c.HttpOnly, c.SameSite)
	}
	return c
}

// certificate writes the one that net/http's own tests use, for 127.0.0.1.
func certificate(t *testing.T) (cert, key string, roots *x509.CertPool) {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	pair := server.TLS.Certificates[0]
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AddCert(server.Certificate())
	dir := t.TempDir()
	write := func(name, kind string, bytes []byte) string {
		file := filepath.Join(dir, name)
		text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes})
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	cert = write("cert.pem", "CERTIFICATE", pair.Certificate[0])
	return cert, write("key.pem", "PRIVATE KEY", der), roots
}
