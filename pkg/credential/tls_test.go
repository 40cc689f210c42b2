package credential

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// authorityIn writes an authority of the folder's own, and a certificate for 127.0.0.1, which hold for an hour.
func authorityIn(t *testing.T, dir string, now time.Time) Files {
	t.Helper()
	const life = time.Hour
	a, ca, err := NewAuthority(now, life)
	if err != nil {
		t.Fatal(err)
	}
	own, err := a.Issue(now, life, "test", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	f := Files{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"), CA: filepath.Join(dir, "ca.pem")}
	for path, text := range map[string][]byte{f.CA: ca.Cert, f.Cert: own.Cert, f.Key: own.Key} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func open(t *testing.T, f Files) *Identity {
	t.Helper()
	id, err := Open(f, nil)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// serve runs a server with a health service on loopback.
func serve(t *testing.T, options ...grpc.ServerOption) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := grpc.NewServer(options...)
	healthv1.RegisterHealthServer(g, health.NewServer())
	go func() { _ = g.Serve(l) }() // it ends when it is stopped
	t.Cleanup(g.Stop)
	return l.Addr().String()
}

// call makes one call over a connection of its own.
func call(addr string, options ...grpc.DialOption) error {
	conn, err := grpc.NewClient(addr, options...)
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	_, err = healthv1.NewHealthClient(conn).Check(ctx, &healthv1.HealthCheckRequest{})
	return err
}

func TestWhoConnects(t *testing.T) {
	now := time.Now()
	files := authorityIn(t, t.TempDir(), now)
	id := open(t, files)
	strange := open(t, authorityIn(t, t.TempDir(), now))
	stranger := authorityIn(t, t.TempDir(), now)
	stranger.CA = files.CA
	expired := authorityIn(t, t.TempDir(), now.Add(-2*time.Hour))
	nameless := func() Files {
		dir := t.TempDir()
		f := authorityIn(t, dir, now)
		a, ca, err := NewAuthority(now, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		own, err := a.Issue(now, time.Hour, "test", "elsewhere.example.org")
		if err != nil {
			t.Fatal(err)
		}
		for path, text := range map[string][]byte{f.CA: ca.Cert, f.Cert: own.Cert, f.Key: own.Key} {
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return f
	}()
	// A server looks at a client's certificate when the client has begun to write already: the word of the refusal may be lost with the connection.
	const refused = "certificate|broken pipe|connection reset"
	tls := func(i *Identity) grpc.DialOption { return grpc.WithTransportCredentials(i.Client()) }
	for _, c := range []struct {
		name   string
		server *Identity
		demand bool
		client grpc.DialOption
		says   string // "" if the call succeeds; else what its error is about, or one of several such words
	}{
		{"both", id, true, tls(id), ""},
		{"no certificate, none demanded", id, false, tls(open(t, Files{CA: files.CA})), ""},
		{"no certificate", id, true, tls(open(t, Files{CA: files.CA})), refused},
		{"certificate of another authority", id, true, tls(open(t, stranger)), refused},
		{"client trusts another authority", id, true, tls(strange), "unknown authority"},
		{"expired", open(t, expired), false, tls(open(t, expired)), "expired"},
		{"another host", open(t, nameless), false, tls(open(t, nameless)), "127.0.0.1"},
		{"no TLS", id, false, grpc.WithTransportCredentials(insecure.NewCredentials()), "preface"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := call(serve(t, grpc.Creds(c.server.Server(c.demand))), c.client)
			switch {
			case c.says == "" && err != nil:
				t.Error(err)
			case c.says != "" && (status.Code(err) != codes.Unavailable || !slices.ContainsFunc(strings.Split(c.says, "|"), func(s string) bool { return strings.Contains(err.Error(), s) })):
				t.Errorf("error %v, want one about %q", err, c.says)
			}
		})
	}
	if err := call(serve(t), tls(id)); err == nil || !strings.Contains(err.Error(), "TLS handshake") {
		t.Errorf("TLS to a server without: %v", err)
	}
}

// Certificates and authorities are replaced, one file at a time, while calls go on over new connections: none fails, and the old authority is then not trusted any more.
func TestRenewalUnderLoad(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	files := authorityIn(t, dir, now)
	id := open(t, files)
	addr := serve(t, grpc.Creds(id.Server(true)))
	old, err := os.ReadFile(files.CA)
	if err != nil {
		t.Fatal(err)
	}
	oldCA := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(oldCA, old, 0o600); err != nil {
		t.Fatal(err)
	}
	var stop atomic.Bool
	var calls atomic.Int64
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			for !stop.Load() {
				if err := call(addr, grpc.WithTransportCredentials(id.Client())); err != nil {
					t.Error(err)
					return
				}
				calls.Add(1)
			}
		})
	}
	until := func(n int64) {
		for calls.Load() < n && !t.Failed() {
			time.Sleep(time.Millisecond)
		}
	}
	until(10)
	next := authorityIn(t, t.TempDir(), now)
	fresh, err := os.ReadFile(next.CA)
	if err != nil {
		t.Fatal(err)
	}
	replace := func(path string, text []byte) {
		t.Helper()
		if err := os.WriteFile(path+".new", text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
		until(calls.Load() + 5)
	}
	replace(files.CA, append(append([]byte{}, old...), fresh...)) // both are trusted for a while
	for from, to := range map[string]string{next.Cert: files.Cert, next.Key: files.Key} {
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		replace(to, text)
	}
	replace(files.CA, fresh)
	stop.Store(true)
	group.Wait()
	if err := call(addr, grpc.WithTransportCredentials(open(t, Files{CA: oldCA}).Client())); err == nil {
		t.Error("the server still shows the old certificate")
	}
}

func TestWhereATokenGoes(t *testing.T) {
	files := authorityIn(t, t.TempDir(), time.Now())
	id := open(t, files)
	token := NewToken()
	var got atomic.Value
	see := grpc.ChainUnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		got.Store(metadata.ValueFromIncomingContext(ctx, "authorization"))
		return handle(ctx, req)
	})
	plain := grpc.WithTransportCredentials(insecure.NewCredentials())
	send := grpc.WithPerRPCCredentials(NewBearer(token))
	sent := func(what string) {
		t.Helper()
		if v, _ := got.Swap([]string(nil)).([]string); len(v) != 1 || v[0] != "Bearer "+string(token) {
			t.Errorf("%s: the server got %q", what, v)
		}
	}
	got.Store([]string(nil))
	if err := call(serve(t, see, grpc.Creds(id.Server(true))), grpc.WithTransportCredentials(id.Client()), send); err != nil {
		t.Error(err)
	}
	sent("over TLS")
	addr := serve(t, see)
	if err := call(addr, plain, send); err != nil {
		t.Error(err)
	}
	sent("to loopback")
	elsewhere := grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", addr)
	})
	err := call("passthrough:///192.0.2.1:80", plain, send, elsewhere)
	if status.Code(err) != codes.Unauthenticated || !strings.Contains(err.Error(), "--tls-ca") {
		t.Errorf("plain, to another machine: %v", err)
	}
	if v, _ := got.Load().([]string); v != nil {
		t.Errorf("the token went out: %q", v)
	}
}

func TestTokenFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	for text, ok := range map[string]bool{"abc\n": true, "abc": true, "": false, "\n": false, "a b": false, "a\nb": false, "ä": false} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenBearer(path); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := OpenBearer(path + ".missing"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
