//go:build soak && linux

package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/octetlite/octet/client"
	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

var (
	soakJobs    = flag.Int("soak-jobs", 10_000, "how many jobs TestSoak runs; with fewer than 4,096 workers' caches are smaller, so that they are full when it begins to compare")
	soakClients = flag.Int("soak-clients", 6, "how many of them at a time")
)

// soakData is what each job calibrates on: two shards.
const soakData = "random:normal?samples=8&seed=7"

// TestSoak sends many small jobs through a cluster of processes: most of them succeed, some fail, some are cancelled, and each has a model of its own. Twenty times, when all that
// ended is collected, it measures what the processes hold. In the last quarter that must be what it was in the second.
func TestSoak(t *testing.T) {
	h := newHost(t, "--auto-compaction-mode", "periodic", "--auto-compaction-retention", "20s")
	c := newSoakCluster(t, h)
	s := &soak{t: t, dial: dialSoak(t, c.addr)}
	s.inputs = s.float(0).inputs(t)
	const times = 20
	s.measure(c) // first of all: nothing was done yet
	for i := range times {
		start := time.Now()
		s.run(i**soakJobs/times, (i+1)**soakJobs/times)
		if t.Failed() {
			return
		}
		t.Logf("%d jobs, %.1f a second", (i+1)**soakJobs/times, float64(*soakJobs/times)/time.Since(start).Seconds())
		s.settle(c)
		s.measure(c)
	}
	t.Logf("%d jobs succeeded, %d failed, %d were cancelled", s.succeeded.Load(), s.failed.Load(), s.cancelled.Load())
	if s.succeeded.Load() == 0 || s.failed.Load() == 0 || s.cancelled.Load() == 0 {
		t.Error("one kind of job is missing: that shows little")
	}
	judge(t, s.samples)
}

// soak is the client of the cluster, and what was measured of it.
type soak struct {
	t       *testing.T
	dial    *client.Client
	inputs  []dataset.Input
	samples []sample

	succeeded, failed, cancelled atomic.Int64
}

func dialSoak(t *testing.T, addr string) *client.Client {
	t.Helper()
	c, err := client.Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// soakModel is a model that no other job has.
type soakModel []byte

func (s *soak) float(i int) soakModel {
	m := testmodel.Conv()
	for _, v := range m.Graphs[0].Values {
		if v.Name == "fc/b" {
			tensor.View[float32](v.Const)[0] = float32(i) / 1024
		}
	}
	data, err := tflite.Encode(m)
	if err != nil {
		s.t.Error(err)
	}
	return data
}

func (m soakModel) inputs(t *testing.T) []dataset.Input {
	t.Helper()
	float, err := convert.Load(convert.Source{Name: "soak.tflite", Data: m}, true)
	if err != nil {
		t.Fatal(err)
	}
	inputs, err := float.Inputs("")
	if err != nil {
		t.Fatal(err)
	}
	return inputs
}

// run runs the jobs [from, to), several at a time.
func (s *soak) run(from, to int) {
	var next atomic.Int64
	next.Store(int64(from))
	var group sync.WaitGroup
	for range *soakClients {
		group.Go(func() {
			for i := next.Add(1) - 1; int(i) < to && !s.t.Failed(); i = next.Add(1) - 1 {
				if err := s.job(s.t.Context(), int(i)); err != nil {
					s.t.Errorf("job %d: %v", i, err)
				}
			}
		})
	}
	group.Wait()
}

// job runs one job. One of 25 has a source that is no model, one of 25 is cancelled; of the others one of 250 is compared with what is made in process.
func (s *soak) job(ctx context.Context, i int) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	model := s.float(i)
	bad, cancelled := i%25 == 7, i%25 == 19
	if bad {
		model = model[:len(model)/2]
	}
	u := uploads{client: s.dial, bar: newProgress(io.Discard)}
	manifest, err := dataset.Build(ctx, soakData, s.inputs, nil)
	if err != nil {
		return err
	}
	spec := client.Spec{SourceName: fmt.Sprintf("soak-%d.tflite", i), Scheme: "int8", Source: u.bytes(model), FreshStatistics: true}
	if spec.Dataset, err = u.dataset(ctx, manifest, nil); err != nil {
		return err
	}
	if err := u.send(ctx); err != nil {
		return err
	}
	job, err := s.dial.Create(ctx, rand.Text(), spec)
	if err != nil {
		return err
	}
	if cancelled {
		if _, err := s.dial.Cancel(ctx, job.ID); err != nil {
			return err
		}
	}
	if job, err = s.dial.Watch(ctx, job.ID, nil); err != nil {
		return err
	}
	switch {
	case job.State == client.Failed && bad:
		s.failed.Add(1)
		return nil
	case job.State == client.Cancelled && cancelled:
		s.cancelled.Add(1)
		return nil
	case job.State != client.Succeeded || bad:
		return cmp.Or(jobOutcome(job), errors.New("it succeeded"))
	}
	s.succeeded.Add(1)
	got, err := download(ctx, s.dial, *job.Model)
	if err != nil {
		return err
	}
	if i%250 == 0 {
		return s.compare(model, got)
	}
	return nil
}

// compare compares what a job made with what is made in process.
func (s *soak) compare(model soakModel, got []byte) error {
	in := filepath.Join(s.t.TempDir(), "model.tflite")
	if err := os.WriteFile(in, model, 0o600); err != nil {
		return err
	}
	out := filepath.Join(s.t.TempDir(), "int8.tflite")
	octet(s.t, "convert", in, "-o", out, "--data", soakData, "--workers", "1")
	if want := sum(s.t, out); want != string(store.Of(got)) {
		return fmt.Errorf("sha256 %s, in process it was %s", store.Of(got), want)
	}
	return nil
}
