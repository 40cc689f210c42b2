package convert

import (
	"context"
	"sync"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/shard"
)

// Job is a calibration that is ready to run.
type Job struct {
	Model     []byte        // the float flatbuffer
	Digest    func() string // of Model: hex sha256, computed when it is first asked for
	Signature string
	Dataset   string // digest of the dataset's manifest
	Samples   int    // how many there are
	SkipBad   bool
	Observe   calib.Spec
}

// Spec returns what shard r of the job's plan runs.
func (j *Job) Spec(r shard.Range) shard.Spec {
	return shard.Spec{Range: r, Dataset: j.Dataset, SkipBad: j.SkipBad, Observe: j.Observe}
}

// Runner runs all shards of a job's plan and returns statistics that together are those of all: in this process (Pool), or on a cluster.
type Runner interface {
	Calibrate(ctx context.Context, job *Job, progress func(Progress)) ([]*calib.Stats, error)
}

// Progress says how far a conversion is.
type Progress struct {
	Phase       string // "calibrate", "choose calibrator", "verify"
	Done, Total int    // samples
	Skipped     int
}

// Pool is the Runner of this process: a number of goroutines that take samples in order, in pieces.
type Pool struct {
	Workers int // at least 1
	Samples shard.Samples
}

// Calibrate implements Runner. When pieces fail, the error is that of the first of them, whichever failed first. The model's digest is computed meanwhile.
func (p *Pool) Calibrate(ctx context.Context, job *Job, progress func(Progress)) ([]*calib.Stats, error) {
	var naming sync.WaitGroup
	naming.Go(func() { job.Digest() })
	defer naming.Wait()
	model, err := shard.LoadNamed(job.Model, job.Signature, job.Digest)
	if err != nil {
		return nil, err
	}
	pieces := shard.Pieces(job.Samples, shard.Steps(p.Samples), p.Workers)
	tick := counter("calibrate", job.Samples, progress)
	var mu sync.Mutex
	var idle []*shard.Collection // all of them in the end: as many as there were goroutines at work
	take := func() *shard.Collection {
		mu.Lock()
		defer mu.Unlock()
		n := len(idle)
		if n == 0 {
			return shard.Collect(model, p.Samples, job.Spec(shard.Range{}))
		}
		c := idle[n-1]
		idle = idle[:n-1]
		return c
	}
	err = p.run(ctx, len(pieces), func(ctx context.Context, i int) error {
		c := take() // what it holds lies before piece i, since pieces are handed out in order
		err := c.Add(ctx, pieces[i], tick)
		mu.Lock()
		defer mu.Unlock()
		idle = append(idle, c)
		return err
	})
	if err != nil {
		return nil, err
	}
	var parts []*calib.Stats
	for _, c := range idle {
		stats, err := c.Stats()
		if err != nil {
			return nil, err
		}
		parts = append(parts, stats)
	}
	return parts, nil
}

// counter returns a function that counts samples and tells progress, which may be nil.
func counter(phase string, total int, progress func(Progress)) func() {
	var mu sync.Mutex
	done := 0
	return func() {
		mu.Lock()
		defer mu.Unlock()
		done++
		if progress != nil {
			progress(Progress{Phase: phase, Done: done, Total: total})
		}
	}
}

// run does so many pieces of work, several at a time, and returns the error of the first that failed in their order.
func (p *Pool) run(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	f := newFront(ctx, n)
	var group sync.WaitGroup
	for range max(p.Workers, 1) {
		group.Go(func() {
			for {
				i, ctx, ok := f.next()
				if !ok {
					return
				}
				f.finished(i, do(ctx, i))
			}
		})
	}
	group.Wait()
	return f.err()
}
