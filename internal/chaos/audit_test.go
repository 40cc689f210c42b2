//go:build chaos && unix

package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// audited is a job as the journal tells its story.
type audited struct {
	Spec struct {
		Name string `json:"source_name"`
	} `json:"spec"`
	State string `json:"state"`
	Error struct {
		Message string `json:"message"`
	} `json:"error"`

	accepted map[string]bool // shards
}

func (a *audited) over() bool {
	return a.State == "succeeded" || a.State == "failed" || a.State == "cancelled"
}

// history returns all that was ever written to etcd, as the member has it that has most. The others must have the same, as far as they have come.
func (c *cluster) history() (longest []*clientv3.Event, err error) {
	for _, n := range Etcds[:c.plan.Members] {
		events, err := history(c.t, c.programs, c.folder(n))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", n, err)
		}
		short, long := events, longest
		if len(short) > len(long) {
			short, long = long, short
		}
		for i, e := range short {
			if !same(e, long[i]) {
				return nil, fmt.Errorf("members of etcd differ: %s has %v, and another %v", n, e, long[i])
			}
		}
		longest = long
	}
	return longest, nil
}

func same(a, b *clientv3.Event) bool {
	return a.Type == b.Type && a.Kv.ModRevision == b.Kv.ModRevision && bytes.Equal(a.Kv.Key, b.Kv.Key) && bytes.Equal(a.Kv.Value, b.Kv.Value)
}

// history returns all that was ever written to a member of etcd, which keeps it: its folder is opened by an etcd without the network and the other members of the run.
func history(t *testing.T, p programs, folder string) ([]*clientv3.Event, error) {
	t.Helper()
	at, peer := freePort(t), freePort(t)
	cmd := exec.Command(p.etcd, "--data-dir", folder, "--log-level", "error", "--unsafe-no-fsync", "--force-new-cluster", "--listen-client-urls", "http://"+at, "--advertise-client-urls", "http://"+at,
		"--listen-peer-urls", "http://"+peer)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // its status says that it was killed
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{at}, DialTimeout: time.Minute})
	if err != nil {
		return nil, err
	}
	defer client.Close()
	now, err := client.Get(ctx, "any")
	if err != nil {
		return nil, err
	}
	last, err := client.Put(ctx, "last", "")
	if err != nil {
		return nil, err
	}
	var events []*clientv3.Event
	for resp := range client.Watch(ctx, "", clientv3.WithPrefix(), clientv3.WithRev(1)) {
		if err := resp.Err(); err != nil {
			return nil, err
		}
		for _, e := range resp.Events {
			if e.Kv.ModRevision == last.Header.Revision {
				return events, nil
			}
			events = append(events, e)
		}
	}
	return nil, fmt.Errorf("the history of etcd ends before revision %d: %w", now.Header.Revision, ctx.Err())
}

// audit checks what the journal tells: each job came to an end once, and each of its shards was accepted once before. It returns how many jobs and shards there were.
func audit(events []*clientv3.Event, plan Plan, cases []conversion) (jobs, shards int, err error) {
	all := map[string]*audited{}
	var wrong []error
	report := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	for _, e := range events {
		kind, key, _ := strings.Cut(strings.TrimPrefix(string(e.Kv.Key), "/octet/"), "/")
		if e.Type != clientv3.EventTypePut {
			if kind == "jobs" {
				report("job %s is gone", key)
			}
			continue
		}
		switch kind {
		case "jobs":
			was := all[key]
			a := &audited{accepted: map[string]bool{}}
			if was != nil {
				a.accepted = was.accepted
			}
			if err := json.Unmarshal(e.Kv.Value, a); err != nil {
				return 0, 0, err
			}
			if was != nil && was.over() {
				report("job %s was %s, and then %s", key, was.State, a.State)
			}
			all[key] = a
		case "results":
			id, shard, _ := strings.Cut(key, "/")
			switch a := all[id]; {
			case a == nil:
				report("shard %s of job %s, which there is not", shard, id)
			case a.over():
				report("shard %s of job %s is accepted when the job is %s", shard, id, a.State)
			case a.accepted[shard]:
				report("shard %s of job %s is accepted twice", shard, id)
			default:
				a.accepted[shard] = true
				shards++
			}
		}
	}
	for id, a := range all {
		if err := a.check(plan, cases); err != nil {
			report("job %s: %w", id, err)
		}
	}
	return len(all), shards, errors.Join(wrong...)
}

// phaseShards lies between the numbers of the first shards of two phases in the journal.
const phaseShards = 1 << 20

// check judges the end of a job.
func (a *audited) check(plan Plan, cases []conversion) error {
	switch {
	case a.State == "failed" && excused(plan, a.Error.Message):
		return nil
	case a.State != "succeeded":
		return fmt.Errorf("%s: %s", a.State, a.Error.Message)
	}
	i := slices.IndexFunc(cases, func(c conversion) bool { return filepath.Base(c.args[1]) == a.Spec.Name })
	if i < 0 {
		return fmt.Errorf("nobody asked for %q", a.Spec.Name)
	}
	want := map[string]bool{}
	for phase, n := range cases[i].shards {
		for k := range n {
			want[fmt.Sprint(phase*phaseShards+k)] = true
		}
	}
	if !maps.Equal(a.accepted, want) {
		return fmt.Errorf("accepted are shards %v, there are %v", slices.Sorted(maps.Keys(a.accepted)), slices.Sorted(maps.Keys(want)))
	}
	return nil
}
