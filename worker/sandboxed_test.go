package worker

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/sandbox"
	"github.com/octetlite/octet/pkg/shard"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

const childName = "octet-sandbox"

// TestMain is a worker's child, too, when it is started under that name.
func TestMain(m *testing.M) {
	if os.Args[0] != childName {
		os.Exit(m.Run())
	}
	if err := sandbox.Serve(os.Stdin, os.Stdout, "test", Child(2)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func newSandbox(t *testing.T, change ...func(c *sandbox.Config)) *sandbox.Sandbox {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := sandbox.Config{Command: []string{childName}, Path: self, Version: "test", Memory: sandbox.LeastMemory, Folders: []string{os.TempDir()}}
	for _, f := range change {
		f(&c)
	}
	s, err := sandbox.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func inSandbox(s *sandbox.Sandbox) func(c *Config) { return func(c *Config) { c.Sandbox = s } }

// A child yields the bytes that this process would.
func TestShardsInTheSandbox(t *testing.T) {
	started := 0
	r := newRig(t, inSandbox(newSandbox(t, func(c *sandbox.Config) { c.Started = func(int, []sandbox.Protection) { started++ } })))
	conv, loop := r.conv(), r.request(testmodel.While(), "random:uniform?samples=6&low=0&high=2")
	some, compared := r.conv(), r.conv()
	some.FirstSample, some.Histograms, some.SampleRanges = 3, true, true
	compared.Comparison = &octetv1.Comparison{Quantized: []*octetv1.Blob{compared.GetModel()}, Task: octetv1.Task_TASK_DISTANCE, AllTensors: true}
	for _, req := range []*octetv1.RunShardRequest{conv, loop, some, conv} {
		all, err := r.run(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		last := all[len(all)-1]
		if got, _ := r.store.get(last.GetStats().GetDigest()); !bytes.Equal(got, r.want(req)) || last.GetSamplesDone() != req.GetEndSample()-req.GetFirstSample() {
			t.Errorf("%d bytes that are not the statistics, of %d samples", len(got), last.GetSamplesDone())
		}
	}
	if _, err := r.run(t.Context(), compared); err != nil {
		t.Error(err)
	}
	if started != 1 {
		t.Errorf("%d children, want one", started)
	}
	if n := r.store.count(conv.GetModel().GetDigest()); n != 1 {
		t.Errorf("the model was fetched %d times", n)
	}
}

// TestHostileModels demands that a model which takes too much memory, or never ends, fails its job with the samples named, while others' shards beside it come to their end.
func TestHostileModels(t *testing.T) {
	var mu sync.Mutex
	var pids []int
	r := newRig(t, func(c *Config) { c.Slots = 3 }, inSandbox(newSandbox(t, func(c *sandbox.Config) {
		c.Silence = 4 * time.Second
		c.Died = func(pid int, _ *sandbox.Death) {
			mu.Lock()
			defer mu.Unlock()
			pids = append(pids, pid)
		}
	})))
	good := r.conv()
	want := r.want(good)
	for name, tt := range map[string]struct {
		model *ir.Model
		data  string
		want  string
	}{
		"huge":    {testmodel.Vast(), "random:normal?samples=4", "more memory was wanted than the 256 MiB that are allowed (workers allow more with --sandbox-memory)"},
		"endless": {testmodel.Endless(), "random:uniform?samples=4&low=0&high=2", "there was no progress for 4s"},
	} {
		if name == "huge" && !sandbox.Enforced() {
			continue
		}
		pids = nil
		bad := r.request(tt.model, tt.data)
		bad.FirstSample = 1
		ctx, stop := context.WithCancel(t.Context())
		var others sync.WaitGroup
		for range 2 {
			others.Go(func() {
				for ctx.Err() == nil {
					all, err := r.run(t.Context(), good)
					if err != nil {
						t.Errorf("beside %s: %v", name, err)
						return
					}
					if got, _ := r.store.get(all[len(all)-1].GetStats().GetDigest()); !bytes.Equal(got, want) {
						t.Errorf("beside %s: other statistics", name)
					}
				}
			})
		}
		_, err := r.run(t.Context(), bad)
		stop()
		others.Wait()
		wantCode(t, name, err, codes.FailedPrecondition)
		e := jobError(err)
		if e.GetKind() != octetv1.ErrorKind_ERROR_KIND_BAD_INPUT || !strings.Contains(e.GetMessage(), "the model, or one of samples 1 to 3, took the process that ran it along, twice: "+tt.want) {
			t.Errorf("%s: the fault is %v", name, e)
		}
		mu.Lock()
		if len(pids) != 2 {
			t.Errorf("%s: %d children died, want two", name, len(pids))
		}
		mu.Unlock()
	}
}

// TestCancelledEndlessLoop demands that the slot of a shard which can't be stopped is free soon after it was cancelled.
func TestCancelledEndlessLoop(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Slots = 1 }, inSandbox(newSandbox(t, func(c *sandbox.Config) { c.Grace = 100 * time.Millisecond })))
	bad := r.request(testmodel.Endless(), "random:uniform?samples=4&low=0&high=2")
	ctx, cancel := context.WithCancel(t.Context())
	r.store.before(func(_ context.Context, digest string) error {
		if digest == bad.GetDataset().GetDigest() { // the model has been read
			time.AfterFunc(200*time.Millisecond, cancel)
		}
		return nil
	})
	_, err := r.run(ctx, bad)
	wantCode(t, "the loop", err, codes.Canceled)
	for {
		_, err := r.run(t.Context(), r.conv())
		if err == nil {
			return
		}
		if !strings.Contains(err.Error(), "slots are in use") {
			t.Fatal(err)
		}
	}
}

func TestFatal(t *testing.T) {
	for want, f := range map[string]error{
		"the model, or sample 9, took": fatal(task{samples: shard.Range{First: 5, Last: 10}}, 4, &sandbox.Death{Cause: sandbox.Stack}),
		"one of samples 7 to 9":        fatal(task{samples: shard.Range{First: 5, Last: 10}}, 2, &sandbox.Death{Cause: sandbox.Memory, Limit: 1 << 30}),
		"the process died (exit 2)":    fatal(task{samples: shard.Range{First: 5, Last: 10}}, 0, &sandbox.Death{Cause: sandbox.Crash, State: "exit 2"}),
	} {
		wantCode(t, want, statusOf(f), codes.FailedPrecondition)
		kind := octetv1.ErrorKind_ERROR_KIND_BAD_INPUT
		if strings.Contains(want, "exit") {
			kind = octetv1.ErrorKind_ERROR_KIND_INTERNAL
		}
		if e := faultOf(f); e.GetKind() != kind || !strings.Contains(e.GetMessage(), want) {
			t.Errorf("%v, want %v %s", e, kind, want)
		}
	}
}
