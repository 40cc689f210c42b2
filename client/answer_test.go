package client

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/internal/freeport"
)

func TestUnreachable(t *testing.T) {
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	for _, tt := range []struct{ name, addr, want string }{
		{"nobody listens", freeport.Addr(t), "does not answer: connection refused"},
		{"another service", web.Listener.Addr().String(), "does not answer: what listens there is no coordinator, or wants TLS (--tls-ca)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Dial(tt.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			_, listErr := c.List(t.Context())
			_, createErr := c.Create(t.Context(), "x", Spec{})
			deleteErr := c.Delete(t.Context(), "j")
			for _, err := range []error{listErr, createErr, deleteErr} {
				if err == nil || !strings.HasSuffix(err.Error(), "coordinator "+tt.addr+" "+tt.want) {
					t.Errorf("error %q, want one that ends in %q", err, tt.want)
				}
				if status.Code(err) != codes.Unavailable {
					t.Errorf("code %v, want %v: it decides about repeats", status.Code(err), codes.Unavailable)
				}
			}
		})
	}
}

// A process that is there but stopped does not keep its callers for ever.
func TestSilence(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for a time-out")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := Dial(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fastest := time.Hour
	for range 3 { // of which one may come upon a machine that has much else to do
		start := time.Now()
		_, err = c.List(t.Context())
		if fastest = min(fastest, time.Since(start)); fastest <= 2*connectWithin {
			break
		}
	}
	if fastest > 2*connectWithin {
		t.Errorf("it took %v", fastest)
	}
	if want := "list jobs: coordinator " + l.Addr().String() + " does not answer"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %v", err, want)
	}
}

// The caller's own deadline and interruption stay what they are.
func TestCallersContext(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := Dial(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.List(ctx); status.Code(err) != codes.DeadlineExceeded || strings.Contains(err.Error(), "does not answer") {
		t.Errorf("error %v, want the caller's deadline", err)
	}
}

func TestDialWantsHostAndPort(t *testing.T) {
	for _, addr := range []string{"", "host", "host:", "::1", "a:1,b", "a:1,"} {
		if _, err := Dial(addr); err == nil || !strings.Contains(err.Error(), "want HOST:PORT") {
			t.Errorf("Dial(%q): error %v", addr, err)
		}
	}
	for _, addr := range []string{"host:8470", ":8470", "[::1]:8470", "a:1,b:2", "dns:///host:8470", "passthrough:///memory"} {
		c, err := Dial(addr)
		if err != nil {
			t.Errorf("Dial(%q): %v", addr, err)
			continue
		}
		c.Close()
	}
}
