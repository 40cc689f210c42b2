//go:build chaos && unix

package chaos

import (
	"context"
	"errors"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/octetlite/octet/internal/freeport"
)

// TestAudit makes sure that the audit finds what must not be.
func TestAudit(t *testing.T) {
	const calibrating, done = `{"state": "calibrating", "spec": {"source_name": "case0.tflite"}}`, `{"state": "succeeded", "spec": {"source_name": "case0.tflite"}}`
	cases := []conversion{{args: []string{"convert", "/tmp/case0.tflite"}, shards: []int{2}}, {args: []string{"convert", "case1.tflite"}, shards: []int{2, 1}}}
	for _, tt := range []struct {
		name   string
		events []string // KEY VALUE of a put, KEY of a deletion
		want   string   // "" for nothing
	}{
		{"all is well", []string{"jobs/a " + calibrating, "results/a/1 x", "results/a/0 x", "jobs/a " + done, "results/a/0", "results/a/1"}, ""},
		{"a shard is accepted twice", []string{"jobs/a " + calibrating, "results/a/1 x", "results/a/1 x", "results/a/0 x", "jobs/a " + done}, "accepted twice"},
		{"and between that it was gone", []string{"jobs/a " + calibrating, "results/a/1 x", "results/a/1", "results/a/1 x", "results/a/0 x", "jobs/a " + done}, "accepted twice"},
		{"a shard is lost", []string{"jobs/a " + calibrating, "results/a/1 x", "jobs/a " + done}, "accepted are shards [1], there are [0 1]"},
		{"a shard comes when all is over", []string{"jobs/a " + calibrating, "results/a/1 x", "jobs/a " + done, "results/a/0 x"}, "accepted when the job is succeeded"},
		{"a shard of no job", []string{"results/a/1 x"}, "which there is not"},
		{"a job does not end", []string{"jobs/a " + calibrating}, "calibrating"},
		{"a job ends twice", []string{"jobs/a " + calibrating, "results/a/1 x", "results/a/0 x", "jobs/a " + done, "jobs/a " + done}, "was succeeded, and then succeeded"},
		{"a job is lost", []string{"jobs/a " + calibrating, "jobs/a"}, "is gone"},
		{"a job fails without excuse", []string{`jobs/a {"state": "failed", "error": {"message": "no space left on device"}}`}, "no space left"},
		{"a job lacks a phase", []string{`jobs/a {"state": "calibrating"}`, "results/a/1 x", "results/a/0 x", `jobs/a {"state": "succeeded", "spec": {"source_name": "case1.tflite"}}`}, "[0 1 1048576]"},
		{"a job of nobody", []string{`jobs/a {"state": "succeeded", "spec": {"source_name": "x"}}`}, "nobody asked"},
	} {
		var events []*clientv3.Event
		for _, line := range tt.events {
			key, value, put := strings.Cut(line, " ")
			e := &clientv3.Event{Type: clientv3.EventTypeDelete, Kv: &mvccpb.KeyValue{Key: []byte("/octet/" + key), Value: []byte(value)}}
			if put {
				e.Type = clientv3.EventTypePut
			}
			events = append(events, e)
		}
		_, _, err := audit(events, Plan{}, cases)
		if got := errorText(err); (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// testHistory makes sure that what was written and answered for is in the history, although etcd was killed at once, and that ports that are taken do no harm.
func testHistory(t *testing.T, p programs) {
	folder := t.TempDir()
	at, peer := freeport.Addr(t), freeport.Addr(t)
	c := &cluster{plan: Plan{Members: 1}, net: &proxied{listens: map[Node]string{Etcds[0]: at}}}
	cmd := exec.Command(p.etcd, "--data-dir", folder, "--log-level", "error", "--unsafe-no-fsync", "--listen-client-urls", "http://"+at, "--advertise-client-urls", "http://"+at, "--listen-peer-urls", "http://"+peer)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var err error
	for err = c.put(ctx, Etcds[0], "work"); err != nil && ctx.Err() == nil; err = c.put(ctx, Etcds[0], "work") {
		time.Sleep(again / 10)
	}
	err = errors.Join(err, c.conclude(ctx))
	if err := errors.Join(err, cmd.Process.Kill()); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // its status says that it was killed
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	asked := 0
	events, err := history(t, p, folder, func() (string, string) {
		if asked++; asked == 1 {
			return freeport.Addr(t), taken.Addr().String()
		}
		return freeport.Addr(t), freeport.Addr(t)
	})
	if err != nil || asked != 2 {
		t.Errorf("with ports that were taken: %v, at try %d", err, asked)
	}
	if len(events) < 2 || string(events[0].Kv.Key) != "work" || string(events[1].Kv.Key) != end {
		t.Errorf("the history has %v", events)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
