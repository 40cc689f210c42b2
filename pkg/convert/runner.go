package convert

import (
	"context"
	"fmt"
	"sync"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/shard"
)

// Job is a calibration that is ready to run.
type Job struct {
	Model     []byte // the float flatbuffer
	Digest    string // of Model
	Signature string
	Dataset   string // digest of the dataset's manifest
	Samples   int    // how many there are
	SkipBad   bool
}

// Spec returns what shard r of the job's plan runs.
func (j *Job) Spec(r shard.Range) shard.Spec {
	return shard.Spec{Range: r, Dataset: j.Dataset, SkipBad: j.SkipBad}
}

// Runner runs all shards of a job's plan and returns their statistics in the plan's order: in this process (Pool), or on a cluster.
type Runner interface {
	Calibrate(ctx context.Context, job *Job, progress func(Progress)) ([]*calib.Stats, error)
}

// Progress says how far a conversion is.
type Progress struct {
	Phase       string // "calibrate", "quantize"
	Done, Total int    // samples
	Skipped     int
}

// Pool is the Runner of this process: a number of goroutines that take shards in order.
type Pool struct {
	Workers int // at least 1
	Samples shard.Samples
}

// Calibrate implements Runner. When shards fail, the error is the one of the first of them in the plan's order among those that ran.
func (p *Pool) Calibrate(ctx context.Context, job *Job, progress func(Progress)) ([]*calib.Stats, error) {
	model, err := shard.Load(job.Model, job.Signature)
	if err != nil {
		return nil, err
	}
	plan := shard.Plan(job.Samples)
	results := make([]*calib.Stats, len(plan))
	errs := make([]error, len(plan))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		group sync.WaitGroup
		mu    sync.Mutex
		done  int
	)
	tick := func() {
		mu.Lock()
		defer mu.Unlock()
		done++
		if progress != nil {
			progress(Progress{Phase: "calibrate", Done: done, Total: job.Samples})
		}
	}
	next := make(chan int)
	for range max(p.Workers, 1) {
		group.Go(func() {
			for i := range next {
				results[i], errs[i] = shard.Run(ctx, model, p.Samples, job.Spec(plan[i]), tick)
				if errs[i] != nil {
					cancel()
				}
			}
		})
	}
	for i := range plan {
		select {
		case next <- i:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(next)
	group.Wait()
	for i, err := range errs {
		if err != nil && ctx.Err() != nil && isCancel(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("shard %d: %w", i, err)
		}
	}
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return results, nil
}
