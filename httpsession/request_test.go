package httpsession_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/seed7368b609/gormsession/httpsession"
)

// The server removes the files of a form, which the handler has read from the request within, and a
// log outside learns the route.
func TestServerKnowsTheRequest(t *testing.T) {
	s := newSite(t)
	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	file, _ := parts.CreateFormFile("f", "f.txt")
	_, _ = file.Write(bytes.Repeat([]byte("x"), 100_000))
	_ = parts.Close()
	var name, pattern string
	var mux http.ServeMux
	mux.HandleFunc("POST /{page}", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1); err != nil {
			t.Error(err)
			return
		}
		opened, err := r.MultipartForm.File["f"][0].Open()
		if err != nil {
			t.Error(err)
			return
		}
		defer opened.Close()
		name = opened.(*os.File).Name()
		write(w, 200, r.PathValue("page"))
	})
	s.serve(mux.ServeHTTP, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r)
			pattern = r.Pattern
		})
	}, s.session, httpsession.Handler(s.Other()), s.session)
	r, _ := http.NewRequest("POST", s.Start().URL+"/upload", &form)
	r.Header.Set("Content-Type", parts.FormDataContentType())
	s.Want(s.Send(r), 200, "upload", 0)
	s.Start().Close() // the request is over, also for the server
	if _, err := os.Stat(name); name == "" || !os.IsNotExist(err) {
		t.Errorf("%q is still there: %v", name, err)
	}
	if pattern != "POST /{page}" {
		t.Errorf("outside the pattern is %q", pattern)
	}
}

// A trailer of the request that was not announced reaches the handler.
func TestTrailerOfARequest(t *testing.T) {
	s := newSite(t)
	s.serve(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		write(w, 200, r.Trailer.Get("X-Sum"))
	}, s.session)
	conn, reader := s.Connect()
	_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"+
		"1\r\na\r\n0\r\nX-Sum: 7\r\n\r\n")
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); string(body) != "7" || err != nil {
		t.Errorf("got %q, %v", body, err)
	}
}

// A log outside learns the fields of a form that a handler has read from the request within.
func TestFormIsKnownOutside(t *testing.T) {
	s := newSite(t)
	var name, posted string
	s.serve(func(w http.ResponseWriter, r *http.Request) { _ = r.ParseForm() },
		func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				next.ServeHTTP(w, r)
				name, posted = r.Form.Get("name"), r.PostForm.Get("name")
			})
		}, s.session, httpsession.Handler(s.Other()))
	r, _ := http.NewRequest("POST", s.Start().URL, strings.NewReader("name=Ann"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	s.Want(s.Send(r), 200, "", 0)
	if name != "Ann" || posted != "Ann" {
		t.Errorf("outside the form has %q, %q", name, posted)
	}
}
