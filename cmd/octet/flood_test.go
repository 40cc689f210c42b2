//go:build unix

package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/octetlite/octet/internal/freeport"
)

// secured is a cluster of processes of which each connection is TLS, with certificates of both sides and a token.
type secured struct {
	*host
	t   *testing.T
	dir string
}

func newSecured(t *testing.T) *secured {
	t.Helper()
	s := &secured{t: t, dir: t.TempDir()}
	octet(t, "certs", "--dir", s.in("certs"))
	for _, role := range []string{"coordinator", "worker", "operator"} {
		octet(t, "token", role, "--tokens", s.in("tokens"), "-o", s.in(role+".token"))
	}
	s.host = newHost(t)
	return s
}

func (s *secured) in(name string) string { return filepath.Join(s.dir, name) }

// run starts a coordinator or a worker at an address.
func (s *secured) run(kind, addr string, flags ...string) *process {
	s.t.Helper()
	return start(s.t, kind+" "+addr, s.program, append([]string{
		kind, "--etcd", s.etcd, "--tls-ca", s.in("certs/ca.pem"), "--tls-cert", s.in("certs/server.pem"), "--tls-key", s.in("certs/server-key.pem"),
		"--tokens", s.in("tokens"), "--token-file", s.in(kind + ".token"), "--data-dir", s.t.TempDir(), "--worker-ttl", lease.String(), "--listen", addr,
	}, flags...)...)
}

// client returns the command line of an operator.
func (s *secured) client(addr string, args ...string) []string {
	return append(args, "--coordinator", addr, "--tls-ca", s.in("certs/ca.pem"), "--tls-cert", s.in("certs/client.pem"), "--tls-key", s.in("certs/client-key.pem"),
		"--token-file", s.in("operator.token"))
}

// holds keeps a connection to an address open, and comes back when it is ended: every other one says nothing, or half of what TLS begins with.
func holds(ctx context.Context, i int, addr string, came, ended *atomic.Int64) {
	half := []byte{22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3} // a ClientHello of 512 bytes, of which the rest never comes
	for ctx.Err() == nil {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		if err != nil {
			time.Sleep(100 * time.Millisecond)
			continue
		}
		came.Add(1)
		stop := context.AfterFunc(ctx, func() { c.Close() })
		if i%2 == 0 {
			_, _ = c.Write(half) // it may be ended already
		}
		_, _ = c.Read(make([]byte, 1)) // until it is
		stop()
		c.Close()
		ended.Add(1)
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Second): // others must get in between, on a slow machine too
		}
	}
}

// TestFloodsOfConnections has strangers hold many more connections to a coordinator and a worker than there may be, from the address that everybody has. A client and the two get through to each other meanwhile, and neither
// process has more files open than it should.
func TestFloodsOfConnections(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a cluster of processes; -short is for the race detector, which they are not built with")
	}
	s := newSecured(t)
	bounds := []string{"--max-connections", "64", "--max-connections-per-address", "48"} // 12 of an address that prove nothing
	at, addr := freeport.Addr(t), freeport.Addr(t)
	lead := s.run("coordinator", addr, bounds...)
	lead.wait(t, "coordinator_started", nil)
	ctx, stop := context.WithCancel(t.Context())
	var strangers sync.WaitGroup
	defer strangers.Wait()
	defer stop()
	var came, ended atomic.Int64
	flood := func(addr string) {
		for i := range 60 {
			strangers.Go(func() { holds(ctx, i, addr, &came, &ended) })
		}
	}
	flood(addr)
	lead.wait(t, "connection_ended", nil)
	worker := s.run("worker", at, append(bounds, "--slots", "1")...)
	worker.wait(t, "worker_started", nil)
	flood(at)
	worker.wait(t, "connection_ended", nil)
	octet(t, s.client(addr, "convert", writeConv(t), "-o", s.in("out.tflite"), "--data", "random:normal?samples=8&seed=1")...)
	for _, p := range []*process{lead, worker} {
		const others = 40 // files: the store, etcd, the sandbox, who is called
		open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid))
		if err == nil && len(open) > 64+others { // on Linux
			t.Errorf("%s has %d files open", p.name, len(open))
		}
		if p.entries("panic") != nil {
			t.Errorf("%s has a bug", p.name)
		}
	}
	for start := time.Now(); ended.Load() < 90; time.Sleep(10 * time.Millisecond) { // of 120, of which 24 may stay
		if time.Since(start) > patience {
			t.Fatalf("of %d connections that prove nothing %d were ended", came.Load(), ended.Load())
		}
	}
	// Somebody with a certificate and no token keeps nobody out either.
	pair, err := tls.LoadX509KeyPair(s.in("certs/client.pem"), s.in("certs/client-key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{pair}, InsecureSkipVerify: true, NextProtos: []string{"h2"}} //nolint:gosec // whose certificate the server has does not matter here
	in := 0
	for range 70 {
		c, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", addr, config)
		if err != nil {
			continue // ended before it was through
		}
		defer c.Close()
		in++
	}
	if in == 0 {
		t.Error("nobody with a certificate gets in")
	}
	octet(t, s.client(addr, "jobs", "list")...)
	if _, err := os.Stat(s.in("out.tflite")); err != nil {
		t.Error(err)
	}
}
