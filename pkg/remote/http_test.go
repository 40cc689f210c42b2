package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/octetlite/octet/pkg/store"
)

// server serves one file at /x with ranges, and does to requests what a test asks for.
type server struct {
	*httptest.Server
	data     []byte
	requests atomic.Int64
	now, max atomic.Int64 // requests under way
	before   func(n int64, w http.ResponseWriter, r *http.Request) (done bool)
}

func serve(t *testing.T, data []byte) *server {
	s := &server{data: data}
	s.start(t)
	return s
}

func (s *server) start(t testing.TB) {
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := s.requests.Add(1)
		now := s.now.Add(1)
		defer s.now.Add(-1)
		for m := s.max.Load(); now > m && !s.max.CompareAndSwap(m, now); m = s.max.Load() {
		}
		if s.before != nil && s.before(n, w, r) {
			return
		}
		s.plain(w, r)
	}))
	t.Cleanup(s.Close)
}

func (s *server) plain(w http.ResponseWriter, r *http.Request) {
	if w.Header().Get("ETag") == "" {
		w.Header().Set("ETag", `"`+string(store.Of(s.data))[:8]+`"`)
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.data))
}

func noise(n int) []byte {
	data := make([]byte, n)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(data)
	return data
}

// open returns a client that tries quickly, and the file at a URL.
func open(t *testing.T, c Config, url string) (*Client, store.Blob) {
	t.Helper()
	c.Own = true
	if c.Pause == 0 {
		c.Pause = time.Microsecond
	}
	client, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	o, err := client.Stat(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	b, err := client.OpenObject(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return client, b
}

func TestReadAt(t *testing.T) {
	for _, size := range []int{0, 1, 1000, blockSize - 1, blockSize, 5*blockSize + 77} {
		s := serve(t, noise(size))
		_, b := open(t, Config{}, s.URL+"/x")
		if b.Size() != int64(size) {
			t.Fatalf("%d bytes, want %d", b.Size(), size)
		}
		if got, err := io.ReadAll(io.NewSectionReader(b, 0, b.Size())); err != nil || !bytes.Equal(got, s.data) {
			t.Errorf("%d bytes: %v", size, err)
		}
		if size <= 1000 {
			if err := iotest.TestReader(io.NewSectionReader(b, 0, b.Size()), s.data); err != nil {
				t.Errorf("%d bytes: %v", size, err)
			}
		}
		if n := s.requests.Load() - 1; n != int64((size+blockSize-1)/blockSize) {
			t.Errorf("%d bytes took %d requests", size, n)
		}
	}
}

// TestTrouble reads through a server that breaks off, stalls and fails, and gets the right bytes.
func TestTrouble(t *testing.T) {
	data := noise(4*blockSize + 5)
	s := serve(t, data)
	var cuts, stalls, failures atomic.Int64
	s.before = func(n int64, w http.ResponseWriter, r *http.Request) bool {
		if n == 4 { // an answer that never comes
			stalls.Add(1)
			<-r.Context().Done()
			return true
		}
		switch n % 4 {
		case 2:
			failures.Add(1)
			http.Error(w, "busy", []int{500, 502, 503, 429}[n/4%4])
			return true
		case 3: // the connection is cut in the middle
			cuts.Add(1)
			w.Header().Set("ETag", `"`+string(store.Of(data))[:8]+`"`)
			half := httptest.NewRecorder()
			half.Header().Set("ETag", w.Header().Get("ETag"))
			s.plain(half, r)
			maps.Copy(w.Header(), half.Header())
			w.WriteHeader(half.Code)
			_, _ = w.Write(half.Body.Bytes()[:half.Body.Len()/2])
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
		return false
	}
	_, b := open(t, Config{Stall: time.Second, Tries: 20, Requests: 2}, s.URL+"/x")
	got := make([]byte, len(data))
	if _, err := b.ReadAt(got, 0); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%v, right bytes: %v", err, bytes.Equal(got, data))
	}
	if cuts.Load() == 0 || stalls.Load() == 0 || failures.Load() == 0 {
		t.Errorf("%d cuts, %d stalls, %d failures: the test tests nothing", cuts.Load(), stalls.Load(), failures.Load())
	}
}

// TestASlowServerIsNoDeadOne reads what comes byte by byte.
func TestASlowServerIsNoDeadOne(t *testing.T) {
	data := noise(40)
	s := serve(t, data)
	s.before = func(n int64, w http.ResponseWriter, r *http.Request) bool {
		if n == 1 {
			return false
		}
		whole := httptest.NewRecorder()
		s.plain(whole, r)
		maps.Copy(w.Header(), whole.Header())
		w.WriteHeader(whole.Code)
		for _, c := range whole.Body.Bytes() {
			_, _ = w.Write([]byte{c})
			w.(http.Flusher).Flush()
			time.Sleep(100 * time.Millisecond) // together longer than a stall
		}
		return true
	}
	_, b := open(t, Config{Stall: 3 * time.Second, Tries: 1}, s.URL+"/x")
	got := make([]byte, len(data))
	if _, err := b.ReadAt(got, 0); err != nil || !bytes.Equal(got, data) {
		t.Error(err)
	}
}

func TestTriesEnd(t *testing.T) {
	s := serve(t, noise(10))
	s.before = func(n int64, w http.ResponseWriter, _ *http.Request) bool {
		if n > 1 {
			http.Error(w, "", http.StatusBadGateway)
		}
		return n > 1
	}
	_, b := open(t, Config{Tries: 3}, s.URL+"/x")
	_, err := b.ReadAt(make([]byte, 1), 0)
	if err == nil || !strings.Contains(err.Error(), "/x: read 10 bytes at 0: tried 3 times: the server answers 502 Bad Gateway") || s.requests.Load() != 4 {
		t.Errorf("%v after %d requests", err, s.requests.Load())
	}
	s.before = nil // what failed is not kept
	if _, err := b.ReadAt(make([]byte, 1), 0); err != nil {
		t.Error(err)
	}
}

// TestChange replaces the file under a reader, in ways that servers tell and in those that they don't.
func TestChange(t *testing.T) {
	for name, change := range map[string]func(s *server){
		"other bytes": func(s *server) { s.data = noise(20)[10:] },
		"longer":      func(s *server) { s.data = noise(20) },
		"shorter":     func(s *server) { s.data = nil },
		"condition not heeded": func(s *server) {
			s.before = func(_ int64, _ http.ResponseWriter, r *http.Request) bool {
				r.Header.Del("If-Match")
				s.data = noise(20)[10:]
				return false
			}
		},
	} {
		s := serve(t, noise(10))
		_, b := open(t, Config{}, s.URL+"/x")
		change(s)
		if _, err := b.ReadAt(make([]byte, 1), 0); !errors.Is(err, ErrChanged) || !strings.Contains(err.Error(), s.URL) {
			t.Errorf("%s: %v", name, err)
		}
		if n := s.requests.Load(); n != 2 {
			t.Errorf("%s: %d requests: it was tried again", name, n)
		}
	}
}

func TestTimesPinToo(t *testing.T) {
	s := serve(t, noise(10))
	when := time.Unix(1e9, 0)
	s.before = func(_ int64, w http.ResponseWriter, r *http.Request) bool {
		http.ServeContent(w, r, "", when, bytes.NewReader(s.data))
		return true
	}
	_, b := open(t, Config{CacheBytes: 1}, s.URL+"/x")
	if _, err := b.ReadAt(make([]byte, 1), 0); err != nil {
		t.Error(err)
	}
	other := noise(2 * blockSize)
	s.data, when = other[:10], when.Add(time.Second)
	_, c := open(t, Config{}, s.URL+"/x")
	if _, err := c.ReadAt(make([]byte, 1), 0); err != nil {
		t.Error(err)
	}
	b.(*blob).client.blocks.limit = 0
	b.(*blob).client.blocks.evict()
	if _, err := b.ReadAt(make([]byte, 1), 0); !errors.Is(err, ErrChanged) {
		t.Errorf("after the change: %v", err)
	}
}

func TestServersThatCannotBeReadFrom(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter)
		want   error
		text   string
	}{
		"no ranges": {func(w http.ResponseWriter) { w.Header().Set("ETag", `"x"`); _, _ = w.Write([]byte("all")) }, ErrNoRanges, "download the file"},
		"missing":   {func(w http.ResponseWriter) { w.WriteHeader(404) }, ErrNotFound, ""},
		"denied":    {func(w http.ResponseWriter) { w.WriteHeader(403) }, ErrDenied, "403 Forbidden"},
		"no marks": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Range", "bytes 0-0/3")
			w.WriteHeader(206)
		}, ErrDenied, "neither an ETag nor a time"},
	} {
		s := serve(t, nil)
		s.before = func(_ int64, w http.ResponseWriter, _ *http.Request) bool { c.answer(w); return true }
		client, err := New(Config{Own: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Stat(t.Context(), s.URL+"/x"); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) || s.requests.Load() != 1 {
			t.Errorf("%s: %v after %d requests", name, err, s.requests.Load())
		}
	}
}

func TestRedirects(t *testing.T) {
	there := serve(t, noise(10))
	here := serve(t, nil)
	to := there.URL + "/x?signature=1"
	here.before = func(_ int64, w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, to, http.StatusFound)
		return true
	}
	client, err := New(Config{Own: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Stat(t.Context(), here.URL+"/x"); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "--allow-http "+there.URL) || there.requests.Load() != 0 {
		t.Errorf("a redirect to another server: %v", err)
	}
	allow, err := ParseAllow(nil, []string{there.URL})
	if err != nil {
		t.Fatal(err)
	}
	if client, err = New(Config{Own: true, Allow: allow}); err != nil {
		t.Fatal(err)
	}
	if o, err := client.Stat(t.Context(), here.URL+"/x"); err != nil || o.URL != here.URL+"/x" || o.Size != 10 {
		t.Errorf("a redirect that is allowed: %+v, %v", o, err)
	}
}

// A job's URL below an allowed path leads nowhere else on that server, and what a redirect adds to a URL is told to nobody.
func TestRedirectsOfJobs(t *testing.T) {
	s := serve(t, noise(10))
	s.before = func(_ int64, w http.ResponseWriter, r *http.Request) bool {
		to, ok := map[string]string{"/sets/out": "/private/x", "/sets/in": "/sets/x?signature=hunter2", "/sets/cut": "/sets/hangs?signature=hunter2"}[r.URL.Path]
		switch {
		case ok:
			http.Redirect(w, r, to, http.StatusFound)
		case r.URL.Path == "/sets/hangs":
			panic(http.ErrAbortHandler)
		default:
			return false
		}
		return true
	}
	allow, err := ParseAllow(nil, []string{s.URL + "/sets"})
	if err != nil {
		t.Fatal(err)
	}
	client, err := New(Config{Allow: allow, Tries: 2, Pause: time.Microsecond})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Stat(t.Context(), s.URL+"/sets/out"); !errors.Is(err, ErrRefused) || s.requests.Load() != 1 {
		t.Errorf("a redirect out of what is allowed: %v, %d requests", err, s.requests.Load())
	}
	if o, err := client.Stat(t.Context(), s.URL+"/sets/in"); err != nil || o.URL != s.URL+"/sets/in" || o.Size != 10 {
		t.Errorf("a redirect within what is allowed: %+v, %v", o, err)
	}
	if _, err := client.Stat(t.Context(), s.URL+"/sets/cut"); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a redirect that is cut off: %v", err)
	}
}

// TestMetadataServices are not reached, whatever is allowed and wherever a name leads.
func TestMetadataServices(t *testing.T) {
	urls := []string{"http://169.254.169.254/latest/meta-data", "http://[fe80::1]/x", "http://[::ffff:169.254.169.254]/x"}
	allow, err := ParseAllow(nil, urls)
	if err != nil {
		t.Fatal(err)
	}
	client, err := New(Config{Allow: allow})
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range urls {
		if _, err := client.Stat(t.Context(), url); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "link-local") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestJobsReadOnlyWhatIsAllowed(t *testing.T) {
	s := serve(t, noise(10))
	client, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	_, statErr := client.Stat(t.Context(), s.URL+"/x")
	_, openErr := client.OpenObject(t.Context(), store.Object{URL: s.URL + "/x", ETag: "x", Size: 10})
	_, listErr := client.List(t.Context(), "s3://bucket/")
	for i, err := range []error{statErr, openErr, listErr} {
		if !errors.Is(err, ErrRefused) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if n := s.requests.Load(); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// TestMemoryIsBounded reads a file that is larger than the cache from many goroutines, with hints.
func TestMemoryIsBounded(t *testing.T) {
	const limit = 3 * blockSize
	s := serve(t, noise(8*blockSize))
	client, b := open(t, Config{CacheBytes: limit, Requests: 2}, s.URL+"/x")
	var group sync.WaitGroup
	for g := range 4 {
		random := rand.New(rand.NewPCG(1, uint64(g)))
		group.Go(func() {
			got := make([]byte, 1000)
			for range 10 {
				at := random.Int64N(b.Size() - 1000)
				b.(*blob).Prefetch(at+blockSize, blockSize)
				if _, err := b.ReadAt(got, at); err != nil || !bytes.Equal(got, s.data[at:at+1000]) {
					t.Errorf("at %d: %v", at, err)
				}
				client.blocks.mu.Lock()
				// Each goroutine waits for a block at most, which stays while it is read.
				if over := client.blocks.total - limit; over > 4*blockSize {
					t.Errorf("%d bytes too many", over)
				}
				client.blocks.mu.Unlock()
			}
		})
	}
	group.Wait()
	if n := s.max.Load(); n > 2 {
		t.Errorf("%d requests at a time", n)
	}
}

// TestHintsReadAhead wants a file's blocks to be asked for side by side.
func TestHintsReadAhead(t *testing.T) {
	s := serve(t, noise(4*blockSize))
	_, b := open(t, Config{}, s.URL+"/x")
	var here sync.WaitGroup
	here.Add(4)
	s.before = func(int64, http.ResponseWriter, *http.Request) bool {
		here.Done()
		here.Wait() // which no request alone would come through
		return false
	}
	b.(*blob).Prefetch(0, b.Size())
	if _, err := b.ReadAt(make([]byte, b.Size()), 0); err != nil {
		t.Error(err)
	}
	if n := s.requests.Load(); n != 5 {
		t.Errorf("%d requests", n)
	}
}

func TestReadersLeave(t *testing.T) {
	s := serve(t, noise(10))
	client, b := open(t, Config{}, s.URL+"/x")
	gate := make(chan struct{})
	s.before = func(int64, http.ResponseWriter, *http.Request) bool { <-gate; return false }
	ctx, cancel := context.WithCancel(t.Context())
	leaves, err := client.OpenObject(ctx, b.(*blob).object)
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error)
	go func() {
		_, err := leaves.ReadAt(make([]byte, 1), 0)
		failed <- err
	}()
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	close(gate)
	if _, err := b.ReadAt(make([]byte, 1), 0); err != nil { // what another began to read
		t.Error(err)
	}
}

func ExampleParseAllow() {
	allow, err := ParseAllow([]string{"datasets/public"}, []string{"https://data.example.org/sets"})
	if err != nil {
		panic(err)
	}
	fmt.Println(allow.Check("s3://datasets/public/train-0.tar"))
	fmt.Println(allow.Check("s3://models/x"))
	// Output:
	// <nil>
	// not allowed: s3://models/x: the bucket is not on this process's list: --allow-s3 models adds it
}
