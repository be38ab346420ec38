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
	ctx, interrupt := context.WithCancel(context.Background())
	defer interrupt()
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, s, in)
		in.CloseWithError(err)
		ended <- err
	}()
	said, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	base := strings.Fields(said[strings.Index(said, "https://"):])[0]

	jar, _ := cookiejar.New(nil)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
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
	set := resp.Request.Response.Header.Get("Set-Cookie") // of the redirect before
	if !strings.HasPrefix(set, "__Host-session=") || !strings.Contains(set, "; Secure") ||
		!strings.Contains(set, "; HttpOnly") || !strings.Contains(set, "Path=/;") ||
		strings.Contains(set, "Domain") {
		name, rest, _ := strings.Cut(set, "=")
		t.Errorf("the cookie is %s=...%s", name, rest[strings.Index(rest, ";"):])
	}
	transport.CloseIdleConnections()
	interrupt()
	if err := <-ended; err != nil {
		t.Errorf("run: %v", err)
	}
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
