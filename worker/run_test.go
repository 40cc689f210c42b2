package worker

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/numerics"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/reader/npy"
	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/verify"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

func wantCode(t *testing.T, what string, err error, want codes.Code) {
	t.Helper()
	if got := status.Code(err); got != want {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// samples writes a file of samples for the convolutional model; bad ones hold a NaN.
func samples(t *testing.T, n int, bad ...int) string {
	t.Helper()
	const size = 8 * 8 * 3
	data := make([]byte, 4*size*n)
	for _, i := range bad {
		binary.LittleEndian.PutUint32(data[4*size*i:], math.Float32bits(float32(math.NaN())))
	}
	var file bytes.Buffer
	if err := npy.Write(&file, npy.Float32, []int{n, 8, 8, 3}, data); err != nil {
		t.Fatal(err)
	}
	return write(t, "samples.npy", file.Bytes())
}

func TestRunShard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		for name, change := range map[string]func(req *octetv1.RunShardRequest){
			"all":       func(*octetv1.RunShardRequest) {},
			"some":      func(req *octetv1.RunShardRequest) { req.FirstSample, req.EndSample = 4, 7 },
			"signature": func(req *octetv1.RunShardRequest) { req.Signature = "serving_default" },
		} {
			req := r.conv()
			change(req)
			all, err := r.run(t.Context(), req)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			last := all[len(all)-1]
			got, _ := r.store.get(last.GetStats().GetDigest())
			if !bytes.Equal(got, r.want(req)) || last.GetStats().GetSize() != int64(len(got)) {
				t.Errorf("%s: the store holds %d bytes that are not the statistics", name, len(got))
			}
			if n := req.GetEndSample() - req.GetFirstSample(); last.GetSamplesDone() != n {
				t.Errorf("%s: %d samples done, want %d", name, last.GetSamplesDone(), n)
			}
		}
	})
}

// A shard that compares yields what shard.Compare does.
func TestRunComparison(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		req := r.conv()
		labels, err := dataset.ReadLabels(write(t, "labels.txt", []byte(strings.Repeat("1\n", 8))), &dataset.Manifest{Samples: 8})
		if err != nil {
			t.Fatal(err)
		}
		float, _ := r.store.get(req.GetModel().GetDigest())
		req.Comparison = &octetv1.Comparison{Quantized: []*octetv1.Blob{req.GetModel()}, Task: octetv1.Task_TASK_CLASSIFY, Labels: r.store.put(labels.Encode()), AllTensors: true}
		for range 2 { // the second time the models are at hand
			all, err := r.run(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			got, _ := r.store.get(all[len(all)-1].GetStats().GetDigest())
			c, err := shard.LoadComparison(float, [][]byte{float}, "", verify.Question{Task: verify.Classify, Labels: true, Tensors: true})
			if err != nil {
				t.Fatal(err)
			}
			samples, done := r.samples(req)
			defer done()
			part, err := shard.Compare(t.Context(), c, samples, labels, shard.Spec{Range: shard.Range{Last: 8}, Dataset: req.GetDataset().GetDigest(), Labels: labels.Digest()}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if want, err := part.Encode(); err != nil || !bytes.Equal(got, want) {
				t.Errorf("the store holds %s (%v), want %s", got, err, want)
			}
		}
		if n := r.store.count(req.GetComparison().GetLabels().GetDigest()); n != 1 {
			t.Errorf("the labels were read %d times", n)
		}
		for name, change := range map[string]func(c *octetv1.Comparison){
			"no task": func(c *octetv1.Comparison) { c.Task = 0 }, "no model": func(c *octetv1.Comparison) { c.Quantized = nil },
			"no digest": func(c *octetv1.Comparison) { c.Quantized = []*octetv1.Blob{{}} }, "output": func(c *octetv1.Comparison) { c.Output = -1 },
			"labels": func(c *octetv1.Comparison) { c.Labels = &octetv1.Blob{Digest: "x"} },
		} {
			bad := proto.CloneOf(req)
			change(bad.Comparison)
			_, err := r.run(t.Context(), bad)
			wantCode(t, name, err, codes.InvalidArgument)
		}
		bad := proto.CloneOf(req)
		bad.Comparison.Quantized = []*octetv1.Blob{r.store.put([]byte("TFL3TFL3"))}
		_, err = r.run(t.Context(), bad)
		wantCode(t, "not a model", err, codes.FailedPrecondition)
	})
}

func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSkippedSamplesAreListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		req := r.request(testmodel.Conv(), samples(t, 8, 2, 5))
		req.SkipBadSamples = true
		all, err := r.run(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := r.store.get(all[len(all)-1].GetStats().GetDigest())
		if !bytes.Equal(got, r.want(req)) || !bytes.Contains(got, []byte(`"skipped":[{"sample":2,`)) {
			t.Errorf("the statistics are %s", got)
		}
	})
}

// What is the job's own fault is told apart from what another worker may do better.
func TestFaultsAndTrouble(t *testing.T) {
	custom := func() *ir.Model {
		x := &ir.Value{Name: "x", Type: ir.Type{DType: tensor.Float32, Shape: tensor.Shape{1, 2}}}
		y := &ir.Value{Name: "y", Type: x.Type}
		g := &ir.Graph{Name: "main", Inputs: []*ir.Value{x}, Outputs: []*ir.Value{y}, Values: []*ir.Value{x, y}}
		g.Nodes = []*ir.Node{{Op: "CUSTOM", Attr: &op.Custom{Code: "Frobnicate"}, Inputs: []*ir.Value{x}, Outputs: []*ir.Value{y}}}
		m := testmodel.Conv()
		m.Graphs, m.Signatures = []*ir.Graph{g}, []*ir.Signature{{Key: "main", Inputs: []ir.Port{{Name: "x", Value: x}}, Outputs: []ir.Port{{Name: "y", Value: y}}}}
		return m
	}
	fault := func(kind octetv1.ErrorKind, message, sample string) *octetv1.JobError {
		return &octetv1.JobError{Kind: kind, Message: message, Sample: sample}
	}
	const badInput, refused = octetv1.ErrorKind_ERROR_KIND_BAD_INPUT, octetv1.ErrorKind_ERROR_KIND_REFUSED
	for name, tt := range map[string]struct {
		request func(r *rig) *octetv1.RunShardRequest
		change  func(r *rig, req *octetv1.RunShardRequest)
		code    codes.Code
		part    string            // of the status's message
		fault   *octetv1.JobError // a part of its message
	}{
		"model that is none": {
			change: func(r *rig, req *octetv1.RunShardRequest) { req.Model = r.store.put([]byte("no model")) },
			code:   codes.FailedPrecondition, fault: fault(badInput, "not a valid tflite file", ""),
		},
		"unsupported operator": {
			request: func(r *rig) *octetv1.RunShardRequest { return r.request(custom(), "random:normal?samples=4") },
			code:    codes.FailedPrecondition, fault: fault(refused, "Frobnicate", ""),
		},
		"unknown signature": {
			change: func(_ *rig, req *octetv1.RunShardRequest) { req.Signature = "other" },
			code:   codes.FailedPrecondition, fault: fault(badInput, `no signature "other"`, ""),
		},
		"dataset that is none": {
			change: func(r *rig, req *octetv1.RunShardRequest) { req.Dataset = r.store.put([]byte("{}")) },
			code:   codes.FailedPrecondition, fault: fault(badInput, "manifest", ""),
		},
		"samples behind the end": {
			change: func(_ *rig, req *octetv1.RunShardRequest) { req.EndSample = 9 },
			code:   codes.FailedPrecondition, fault: fault(badInput, "samples 0 to 9 of a dataset of 8", ""),
		},
		"bad sample": {
			request: func(r *rig) *octetv1.RunShardRequest { return r.request(testmodel.Conv(), samples(t, 8, 6)) },
			code:    codes.FailedPrecondition, fault: fault(badInput, "is a NaN", "samples.npy[6]"),
		},
		"dataset of another model": {
			change: func(r *rig, req *octetv1.RunShardRequest) {
				req.Dataset = r.request(testmodel.Residual(), "random:normal?samples=8").GetDataset()
			},
			code: codes.FailedPrecondition, fault: fault(badInput, "sample 0", ""),
		},
		"model that is not there": {
			change: func(_ *rig, req *octetv1.RunShardRequest) { req.Model.Digest = strings.Repeat("0", 64) },
			code:   codes.Unavailable, part: "blob not found",
		},
		"dataset that is not there": {
			change: func(_ *rig, req *octetv1.RunShardRequest) { req.Dataset.Digest = strings.Repeat("0", 64) },
			code:   codes.Unavailable, part: "blob not found",
		},
		"model that arrives damaged": {
			change: func(r *rig, req *octetv1.RunShardRequest) {
				r.store.mu.Lock()
				defer r.store.mu.Unlock()
				r.store.blobs[req.GetModel().GetDigest()] = []byte("other bytes")
			},
			code: codes.Unavailable, part: "content does not match its digest",
		},
		"store that does not answer": {
			change: func(_ *rig, req *octetv1.RunShardRequest) { req.BlobEndpoint = "passthrough:///nobody" },
			code:   codes.Unavailable, part: "connection refused",
		},
		"another arithmetic": {
			change: func(_ *rig, req *octetv1.RunShardRequest) { req.NumericsVersion = numerics.Version + 1 },
			code:   codes.Aborted, part: "numerics version",
		},
		"no model":        {change: func(_ *rig, req *octetv1.RunShardRequest) { req.Model = nil }, code: codes.InvalidArgument, part: "model"},
		"no dataset":      {change: func(_ *rig, req *octetv1.RunShardRequest) { req.Dataset = nil }, code: codes.InvalidArgument, part: "dataset"},
		"no samples":      {change: func(_ *rig, req *octetv1.RunShardRequest) { req.EndSample = 0 }, code: codes.InvalidArgument, part: "samples 0 to 0"},
		"negative sample": {change: func(_ *rig, req *octetv1.RunShardRequest) { req.FirstSample = -1 }, code: codes.InvalidArgument, part: "samples -1"},
		"a name server":   {change: func(_ *rig, req *octetv1.RunShardRequest) { req.BlobEndpoint = "dns://169.254.169.254:80/store:1" }, code: codes.InvalidArgument, part: "want HOST:PORT"},
		"a socket":        {change: func(_ *rig, req *octetv1.RunShardRequest) { req.BlobEndpoint = "unix:///var/run/docker.sock" }, code: codes.InvalidArgument, part: "want HOST:PORT"},
		"no store":        {change: func(_ *rig, req *octetv1.RunShardRequest) { req.BlobEndpoint = "" }, code: codes.InvalidArgument, part: "blob_endpoint"},
	} {
		check := func(t *testing.T, r *rig) {
			request := (*rig).conv
			if tt.request != nil {
				request = tt.request
			}
			req := request(r)
			if tt.change != nil {
				tt.change(r, req)
			}
			_, err := r.run(t.Context(), req)
			wantCode(t, name, err, tt.code)
			if !strings.Contains(err.Error(), tt.part) {
				t.Errorf("%v does not tell of %q", err, tt.part)
			}
			got := jobError(err)
			switch {
			case (got == nil) != (tt.fault == nil):
				t.Errorf("the fault is %v, want %v", got, tt.fault)
			case got != nil && (got.GetKind() != tt.fault.GetKind() || got.GetSample() != tt.fault.GetSample() || !strings.Contains(got.GetMessage(), tt.fault.GetMessage())):
				t.Errorf("the fault is %v, want %v", got, tt.fault)
			}
			if _, err := r.run(t.Context(), r.conv()); err != nil {
				t.Errorf("the next shard: %v", err)
			}
		}
		t.Run(name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { check(t, newRig(t)) }) })
		t.Run(name+" in a sandbox", func(t *testing.T) { check(t, newRig(t, inSandbox(newSandbox(t)))) })
	}
}

// jobError returns the fault that a status holds; nil if it holds none.
func jobError(err error) (e *octetv1.JobError) {
	for _, d := range status.Convert(err).Details() {
		e, _ = d.(*octetv1.JobError)
	}
	return e
}

// Two shards run, two more wait for a slot, and further ones are refused.
func TestBusyWorkerRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		req := r.conv()
		goOn := make(chan struct{})
		r.store.before(func(ctx context.Context, _ string) error {
			select {
			case <-goOn:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				if _, err := r.run(t.Context(), req); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if n := r.logs.FilterMessage("shard_started").Len(); n != 2 {
			t.Errorf("%d shards run in 2 slots", n)
		}
		_, err := r.run(t.Context(), req)
		wantCode(t, "a fifth shard", err, codes.ResourceExhausted)
		close(goOn)
		group.Wait()
		if _, err := r.run(t.Context(), req); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

// A call that is cancelled frees its slot at once, wherever it was; another one that waits for the same model goes on.
func TestCancelledCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		req := r.conv()
		var mu sync.Mutex
		n := 0
		r.store.before(func(ctx context.Context, digest string) error {
			mu.Lock()
			n++
			first := n == 1
			mu.Unlock()
			if first && digest == req.GetModel().GetDigest() {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() {
			_, err := r.run(ctx, req)
			wantCode(t, "the cancelled call", err, codes.Canceled)
		})
		synctest.Wait()
		group.Go(func() {
			if _, err := r.run(t.Context(), req); err != nil {
				t.Errorf("the other call: %v", err)
			}
		})
		synctest.Wait()
		cancel()
		group.Wait()
		synctest.Wait()
		r.server.mu.Lock()
		defer r.server.mu.Unlock()
		if r.server.busy != 0 {
			t.Errorf("%d slots are in use", r.server.busy)
		}
	})
}

// A model and a manifest are fetched once for many shards, and kept as long as they are used.
func TestModelsAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(c *Config) { c.Models = 1 })
		a := r.conv()
		b := r.request(testmodel.Residual(), "random:normal?samples=4")
		for _, req := range []*octetv1.RunShardRequest{a, a, b, a} {
			if _, err := r.run(t.Context(), req); err != nil {
				t.Fatal(err)
			}
		}
		for what, d := range map[string]string{"model": a.GetModel().GetDigest(), "manifest": a.GetDataset().GetDigest()} {
			if n := r.store.count(d); n != 1 {
				t.Errorf("the %s was fetched %d times", what, n)
			}
		}
		if n := len(r.server.bench.models.all); n != 1 {
			t.Errorf("%d models are kept", n)
		}
	})
}

func TestCacheThatIsTooSmall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(c *Config) { c.CacheBytes = 1000 })
		_, err := r.run(t.Context(), r.conv())
		wantCode(t, "RunShard", err, codes.Unavailable)
		if !strings.Contains(err.Error(), "this worker's cache is too small: store: cache of 1000 bytes") {
			t.Errorf("%v", err)
		}
	})
}

// A bug that a model brings to light fails its shard, not the worker.
func TestPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		req := r.conv()
		task, err := taskFromWire(req)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.server.bench.models.get(t.Context(), modelKey{task.model, task.signature}, func(context.Context) (*shard.Model, error) { return nil, nil }); err != nil {
			t.Fatal(err)
		}
		_, err = r.run(t.Context(), req)
		wantCode(t, "RunShard", err, codes.Internal)
		if !strings.Contains(err.Error(), "nil pointer") || r.logs.FilterMessage("panic").Len() != 1 {
			t.Errorf("%v; logged: %v", err, r.logs.All())
		}
		other := proto.CloneOf(req)
		other.Signature = "serving_default"
		if _, err := r.run(t.Context(), other); err != nil {
			t.Errorf("the next shard: %v", err)
		}
	})
}

// Progress comes a few times a second.
func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(c *Config) { c.Slots = 1 })
		req := r.request(testmodel.Conv(), imageFolder(t, 40))
		r.store.before(func(_ context.Context, digest string) error {
			if digest != req.GetModel().GetDigest() && digest != req.GetDataset().GetDigest() {
				time.Sleep(50 * time.Millisecond) // each sample is a blob
			}
			return nil
		})
		all, err := r.run(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		last := int64(0)
		for _, m := range all {
			if m.GetSamplesDone() < last {
				t.Errorf("%d samples, then %d", last, m.GetSamplesDone())
			}
			last = m.GetSamplesDone()
		}
		if len(all) < 8 || len(all) > 12 || last != 40 {
			t.Errorf("%d messages in 2 seconds, the last of %d samples", len(all), last)
		}
	})
}
