//go:build s3

// Package s3server starts a real server that speaks S3's protocol, for tests, and stands in front of it with faults.
package s3server

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/octetlite/octet/internal/freeport"
)

// Key and Secret are the server's credentials.
const (
	Key    = "tester"
	Secret = "not-a-secret"
)

// Server is a server with its buckets in a folder.
type Server struct {
	URL string
	Dir string // a bucket is a folder in it
}

// Start starts the program that OCTET_VERSITYGW names, and stops it when the test ends.
func Start(t testing.TB, buckets ...string) *Server {
	t.Helper()
	program := os.Getenv("OCTET_VERSITYGW")
	if program == "" {
		t.Fatal("OCTET_VERSITYGW names no program: '.ci/run s3' builds one")
	}
	root := t.TempDir()
	s := &Server{Dir: filepath.Join(root, "data")}
	for _, dir := range append([]string{"../meta"}, buckets...) {
		if err := os.MkdirAll(filepath.Join(s.Dir, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	addr := freeport.Addr(t)
	var said bytes.Buffer
	// Apart from the files, since not all file systems hold attributes of them.
	cmd := exec.Command(program, "--access", Key, "--secret", Secret, "--port", addr, "--quiet", "posix", "--sidecar", filepath.Join(root, "meta"), s.Dir)
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		if err := <-ended; err == nil {
			t.Error("the server ended before it was told to")
		}
		if t.Failed() {
			t.Logf("the server said:\n%s", said.String())
		}
	})
	s.URL = "http://" + addr
	for begin := time.Now(); time.Since(begin) < time.Minute; time.Sleep(20 * time.Millisecond) {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("the server ended: %v\n%s", err, said.String())
		default:
		}
		if resp, err := http.Get(s.URL); err == nil {
			_ = resp.Body.Close()
			return s
		}
	}
	t.Fatal("the server does not answer")
	return nil
}

// Use makes the server the one of this process's surroundings.
func Use(t *testing.T, url string) {
	t.Setenv("AWS_ENDPOINT_URL_S3", url)
	t.Setenv("AWS_ACCESS_KEY_ID", Key)
	t.Setenv("AWS_SECRET_ACCESS_KEY", Secret)
	t.Setenv("AWS_REGION", "us-east-1")
}

// Faults is a proxy in front of a server.
type Faults struct {
	URL string

	requests            atomic.Int64
	Failed, Cut, Slowed atomic.Int64 // what it did
}

// Put stands in front of a server: of the requests about objects some are answered by 503, some are cut off in the middle of the answer, some answers are slow.
func (s *Server) Put(t testing.TB) *Faults {
	t.Helper()
	to, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	f := &Faults{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host // which is signed
		},
		ModifyResponse: func(r *http.Response) error {
			n, _ := r.Request.Context().Value(number{}).(int64)
			switch {
			case r.Request.Method != http.MethodGet || r.StatusCode >= 300 || r.ContentLength < 64:
			case n%5 == 2:
				f.Cut.Add(1)
				r.Body = &cut{r.Body, r.ContentLength / 2}
			case n%5 == 4:
				f.Slowed.Add(1)
				r.Body = &slow{r.Body}
			}
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := f.requests.Add(1)
		if n%5 == 0 && strings.Count(r.URL.Path, "/") > 1 {
			f.Failed.Add(1)
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`)
			return
		}
		proxy.ServeHTTP(w, r.WithContext(withNumber(r.Context(), n)))
	}))
	server.Config.ErrorLog = nil
	t.Cleanup(server.Close)
	f.URL = server.URL
	return f
}
