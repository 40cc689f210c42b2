//go:build chaos && unix

package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/octetlite/octet/internal/freeport"
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
		events, err := history(c.t, c.programs, c.folder(n), freePorts(c.t))
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
	if !slices.ContainsFunc(longest, func(e *clientv3.Event) bool { return string(e.Kv.Key) == end }) {
		return nil, errors.New("the history of etcd ends before the run")
	}
	return longest, nil
}

func same(a, b *clientv3.Event) bool {
	return a.Type == b.Type && a.Kv.ModRevision == b.Kv.ModRevision && bytes.Equal(a.Kv.Key, b.Kv.Key) && bytes.Equal(a.Kv.Value, b.Kv.Value)
}

// history returns all that was ever written to a member of etcd, which keeps it: its folder is opened by an etcd without the network and the other members of the run. That one begins anew, elsewhere, when it ends
// before it answered: between the choice of its ports and its start they may be taken, by a connection of whoever else runs here.
func history(t *testing.T, p programs, folder string, ports func() (at, peer string)) (events []*clientv3.Event, err error) {
	t.Helper()
	for range 5 {
		at, peer := ports()
		if events, err = opened(t, p, folder, at, peer); !errors.Is(err, errEnded) {
			return events, err
		}
		t.Logf("etcd is started once more: %v", err)
	}
	return nil, err
}

var errEnded = errors.New("etcd ended")

// freePorts are two that nobody has at present.
func freePorts(t *testing.T) func() (at, peer string) {
	return func() (at, peer string) { return freeport.Addr(t), freeport.Addr(t) }
}

// opened is history with ports for the etcd that opens the folder; errEnded if that ends.
func opened(t *testing.T, p programs, folder, at, peer string) ([]*clientv3.Event, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ctx, ended := context.WithCancelCause(ctx)
	defer ended(nil)
	var says bytes.Buffer
	cmd := exec.Command(p.etcd, "--data-dir", folder, "--log-level", "error", "--unsafe-no-fsync", "--force-new-cluster", "--listen-client-urls", "http://"+at, "--advertise-client-urls", "http://"+at,
		"--listen-peer-urls", "http://"+peer)
	cmd.Stdout, cmd.Stderr = &says, &says
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		err := cmd.Wait()
		ended(fmt.Errorf("%w: %w: %s", errEnded, err, &says))
	}()
	defer func() {
		_ = cmd.Process.Kill() // it may have ended
		<-done
	}()
	events, err := written(ctx, at)
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return events, err
}

// written returns all that was ever written to the etcd at an address.
func written(ctx context.Context, at string) ([]*clientv3.Event, error) {
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{at}, DialTimeout: patience})
	if err != nil {
		return nil, err
	}
	defer client.Close()
	if _, err := client.Get(ctx, "any"); err != nil {
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
	return nil, fmt.Errorf("the history of etcd ends before revision %d: %w", last.Header.Revision, ctx.Err())
}

// end is the key that is written when all is over.
const end = "end"

// conclude writes to etcd that all is over. An etcd that is opened alone drops what it does not know to be committed, and a member knows that of an entry, by what is on its disk, when it has the next one. So all that
// was written before is in the history when two entries follow, the second behind the answer to the first.
func (c *cluster) conclude(ctx context.Context) error {
	members := Etcds[:c.plan.Members]
	for written, try := 0, 0; written < 2; try++ {
		err := c.put(ctx, members[try%len(members)], end)
		switch {
		case err == nil:
			written++
		case ctx.Err() != nil:
			return fmt.Errorf("the end is not written: %w", err)
		default:
			time.Sleep(again)
		}
	}
	return nil
}

// put writes a key without a value by a member of etcd.
func (c *cluster) put(ctx context.Context, member Node, key string) error {
	web := http.Client{Timeout: time.Minute, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return c.net.dial(member) },
	}}
	body, err := json.Marshal(map[string][]byte{"key": []byte(key)})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.net.listen(member)+"/v3/kv/put", bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := web.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", member, resp.Status)
	}
	return nil
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
