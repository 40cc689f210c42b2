package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/memo"
)

// cacheLimit bounds the statistics that are kept, in bytes: hundreds of models' with histograms, thousands' without.
const cacheLimit = 256 << 20

// openCache returns the folder in which this user's statistics are kept; nil if there is to be none. One that the user did not name and that can't be had is none.
func openCache(f *convertFlags) (*memo.Folder, error) {
	if f.noCache {
		return nil, nil
	}
	if f.cache != "" {
		m, err := memo.Open(f.cache, cacheLimit)
		if err != nil {
			return nil, fmt.Errorf("--cache: %w", err)
		}
		return m, nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return nil, nil //nolint:nilerr // nobody asked for this cache: it is done without
	}
	m, err := memo.Open(filepath.Join(dir, "octet", "statistics"), cacheLimit)
	if err != nil {
		return nil, nil //nolint:nilerr // likewise
	}
	return m, nil
}

// draft is a dataset whose digest may take a while, as *dataset.Draft.
type draft interface {
	Done() <-chan struct{} // closed when Wait returns at once
	Wait() (*dataset.Manifest, error)
}

// moment is how long a dataset's digest is waited for with nothing else to do: a calibration that begins, and is then found in memo, costs more than that.
const moment = 20 * time.Millisecond

// remembering is a Runner that calibrates only what was not calibrated before. What was, is known by the dataset's digest; while that is not there yet, it begins.
type remembering struct {
	convert.Runner
	data   draft                   // of the jobs
	named  bool                    // whether data will have a digest, which memo and shared need
	memo   *memo.Folder            // nil for none
	shared map[string]*calib.Stats // what this process measured, by the jobs' keys; nil for none
	recall bool                    // whether the last Calibrate found its statistics in memo
	again  bool                    // or in shared
	err    error                   // why its statistics could not be kept in memo
}

// Calibrate implements convert.Runner: what it returns is merged, and of the dataset, whose name the job gets.
func (r *remembering) Calibrate(ctx context.Context, job *convert.Job, progress func(convert.Progress)) ([]*calib.Stats, error) {
	r.recall, r.again, r.err = false, false, nil
	var run *begun
	wait := moment
	if !r.named {
		wait = 0
	}
	select {
	case <-r.data.Done():
	case <-time.After(wait):
		run = begin(ctx, r.Runner, *job, progress)
		defer run.stop()
	}
	manifest, err := r.data.Wait()
	switch {
	case err != nil:
	case r.named:
		job.Dataset, err = manifest.Digest()
	default:
		job.Dataset = ""
	}
	if err != nil {
		return nil, badData(err)
	}
	key := ""
	if r.memo != nil || r.shared != nil {
		key = job.Key() // which has the model summed, if it was not
	}
	if s, ok := r.shared[key]; ok {
		r.again = true
		return []*calib.Stats{s}, nil
	}
	s := r.remembered(job)
	if s == nil {
		if run == nil {
			run = begin(ctx, r.Runner, *job, progress)
			defer run.stop()
		}
		parts, err := run.wait()
		if err != nil {
			return nil, err
		}
		if s, err = calib.Merge(parts...); err != nil {
			return nil, err
		}
		s.Dataset = job.Dataset
		if r.memo != nil && s.Samples > 0 {
			r.err = r.keep(key, s)
		}
	}
	if r.shared != nil {
		r.shared[key] = s
	}
	return []*calib.Stats{s}, nil
}

// remembered returns a job's statistics from memo; nil if they are not there.
func (r *remembering) remembered(job *convert.Job) *calib.Stats {
	if r.memo == nil {
		return nil
	}
	for _, key := range job.Keys() {
		data, ok := r.memo.Get(key)
		if !ok {
			continue
		}
		// What the job can't use, such as statistics without bad samples, is not there for it.
		if s, err := job.Recall(data); err == nil {
			r.recall = true
			return s
		}
	}
	return nil
}

// begun is a calibration under way.
type begun struct {
	cancel context.CancelFunc
	done   chan struct{} // closed when the following are there
	parts  []*calib.Stats
	err    error
}

// begin starts a calibration. stop must be called.
func begin(ctx context.Context, runner convert.Runner, job convert.Job, progress func(convert.Progress)) *begun {
	ctx, cancel := context.WithCancel(ctx)
	b := &begun{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(b.done)
		b.parts, b.err = runner.Calibrate(ctx, &job, progress)
	}()
	return b
}

func (b *begun) wait() ([]*calib.Stats, error) {
	<-b.done
	return b.parts, b.err
}

// stop returns when nothing runs any more.
func (b *begun) stop() {
	b.cancel()
	<-b.done
}

func (r *remembering) keep(key string, s *calib.Stats) error {
	data, err := s.Encode()
	if err != nil {
		return err
	}
	return r.memo.Put(key, data)
}
