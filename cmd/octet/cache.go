package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/convert"
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

// remembering is a Runner that calibrates only what was not calibrated before.
type remembering struct {
	convert.Runner
	memo   *memo.Folder            // nil for none
	shared map[string]*calib.Stats // what this process measured, by the jobs' keys; nil for none
	recall bool                    // whether the last Calibrate found its statistics in memo
	again  bool                    // or in shared
	err    error                   // why its statistics could not be kept in memo
}

// Calibrate implements convert.Runner: what it returns is merged.
func (r *remembering) Calibrate(ctx context.Context, job *convert.Job, progress func(convert.Progress)) ([]*calib.Stats, error) {
	r.recall, r.again, r.err = false, false, nil
	if r.shared == nil {
		return r.calibrate(ctx, job, progress)
	}
	if s, ok := r.shared[job.Key()]; ok {
		r.again = true
		return []*calib.Stats{s}, nil
	}
	parts, err := r.calibrate(ctx, job, progress)
	if err != nil {
		return nil, err
	}
	s, err := calib.Merge(parts...)
	if err != nil {
		return nil, err
	}
	r.shared[job.Key()] = s
	return []*calib.Stats{s}, nil
}

// calibrate is Calibrate for want of what this process measured.
func (r *remembering) calibrate(ctx context.Context, job *convert.Job, progress func(convert.Progress)) ([]*calib.Stats, error) {
	if r.memo == nil {
		return r.Runner.Calibrate(ctx, job, progress)
	}
	for _, key := range job.Keys() {
		data, ok := r.memo.Get(key)
		if !ok {
			continue
		}
		// What the job can't use, such as statistics without bad samples, is not there for it.
		if s, err := job.Recall(data); err == nil {
			r.recall = true
			return []*calib.Stats{s}, nil
		}
	}
	parts, err := r.Runner.Calibrate(ctx, job, progress)
	if err != nil {
		return nil, err
	}
	s, err := calib.Merge(parts...)
	if err != nil {
		return nil, err
	}
	if s.Samples > 0 {
		r.err = r.keep(job.Key(), s)
	}
	return []*calib.Stats{s}, nil
}

func (r *remembering) keep(key string, s *calib.Stats) error {
	data, err := s.Encode()
	if err != nil {
		return err
	}
	return r.memo.Put(key, data)
}
