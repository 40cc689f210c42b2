package main

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/octetlite/octet/internal/freeport"
)

// Two processes do not share a data folder: the second one says so at once, instead of waiting for the first one's etcd.
func TestDataFolderHasOneOwner(t *testing.T) {
	dir := t.TempDir()
	lock, err := lockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	c := clusterConfig{workers: 1, slots: 1, listen: "127.0.0.1:0", dir: dir}
	if err := runCluster(t.Context(), c, zap.NewNop(), nil); err == nil || !strings.Contains(err.Error(), "another process uses it") {
		t.Errorf("the cluster ended with %v", err)
	}
	lock.Close()
	if lock, err = lockDir(dir); err != nil {
		t.Fatalf("after its owner left: %v", err)
	}
	lock.Close()
}

func TestWaitingForEtcdIsNotSilent(t *testing.T) {
	addr := freeport.Addr(t) // nobody listens there
	core, logs := observer.New(zap.WarnLevel)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go func() {
		for logs.FilterMessage("waiting_for_etcd").Len() == 0 && ctx.Err() == nil {
			time.Sleep(10 * time.Millisecond)
		}
		cancel()
	}()
	if _, err := dialEtcd(ctx, []string{addr}, nil, zap.New(core)); err == nil {
		t.Fatal("an etcd that is not there answers")
	}
	entries := logs.FilterMessage("waiting_for_etcd").All()
	if len(entries) != 1 || !strings.Contains(entries[0].ContextMap()["reason"].(string), "connection refused") {
		t.Errorf("the log says %+v, want once that the connection is refused", entries)
	}
}

// A cluster in one process may listen on all interfaces: its own members meet on loopback.
func TestLocalAddress(t *testing.T) {
	for listened, want := range map[string]string{"127.0.0.1:0": "127.0.0.1", "0.0.0.0:0": "127.0.0.1", ":0": "127.0.0.1"} {
		g, err := listen(listened, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer g.listener.Close()
		host, port, err := net.SplitHostPort(g.local())
		if err != nil || host != want || port == "0" {
			t.Errorf("%s: %s, %v, want host %s", listened, g.local(), err, want)
		}
	}
}

func TestReach(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, endpoint := range []string{l.Addr().String(), "http://" + l.Addr().String()} {
		if err := reach(t.Context(), []string{"127.0.0.1:0", endpoint}); err != nil {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
	if err := reach(t.Context(), []string{"127.0.0.1:0"}); err == nil {
		t.Error("port 0 is reached")
	}
}
