package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/memo"
	"github.com/octetlite/octet/pkg/numerics"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/tensor"
)

// slowDraft is a dataset whose digest is there when the test says so.
type slowDraft struct {
	done     chan struct{}
	manifest *dataset.Manifest
	err      error
}

func (d *slowDraft) Done() <-chan struct{} { return d.done }

func (d *slowDraft) Wait() (*dataset.Manifest, error) {
	<-d.done
	return d.manifest, d.err
}

// fakeRunner tells that it began, and goes on until it may end or is told to stop.
type fakeRunner struct {
	began, end chan struct{}
	stopped    bool
}

func (r *fakeRunner) Calibrate(ctx context.Context, job *convert.Job, _ func(convert.Progress)) ([]*calib.Stats, error) {
	close(r.began)
	select {
	case <-r.end:
		return []*calib.Stats{{Kind: calib.True, Model: job.Digest(), Dataset: job.Dataset, Numerics: numerics.Version, Samples: uint64(job.Samples)}}, nil
	case <-ctx.Done():
		r.stopped = true
		return nil, ctx.Err()
	}
}

// A calibration begins while the dataset's digest is not there yet; what it yields bears that digest, and is kept under it. If statistics of the dataset turn out to be there, or it turns out to be damaged, the calibration is stopped.
func TestCalibrationBeforeTheDigest(t *testing.T) {
	x := filepath.Join(t.TempDir(), "x.npy")
	writeNumbers(t, x)
	folder, err := store.NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	input := []dataset.Input{{Name: "x", DType: tensor.Float32, Shape: tensor.Shape{1, 2}}}
	manifest, err := dataset.Build(t.Context(), x, input, store.NewOverlay(folder))
	if err != nil {
		t.Fatal(err)
	}
	digest, err := manifest.Digest()
	if err != nil {
		t.Fatal(err)
	}
	kept, err := memo.Open(t.TempDir(), cacheLimit)
	if err != nil {
		t.Fatal(err)
	}
	run := func(err error, end bool) (*remembering, *fakeRunner, []*calib.Stats, error) {
		f := &fakeRunner{began: make(chan struct{}), end: make(chan struct{})}
		d := &slowDraft{make(chan struct{}), manifest, err}
		r := &remembering{Runner: f, data: d, named: true, memo: kept}
		go func() {
			<-f.began
			close(d.done)
			if end {
				close(f.end)
			}
		}()
		stats, err := r.Calibrate(t.Context(), &convert.Job{Digest: func() string { return "model" }, Dataset: "draft", Samples: 3}, nil)
		return r, f, stats, err
	}

	r, f, stats, err := run(nil, true)
	if err != nil || len(stats) != 1 || stats[0].Dataset != digest || r.recall || f.stopped {
		t.Fatalf("statistics %+v of dataset %s, recalled %v, stopped %v, %v", stats, digest, r.recall, f.stopped, err)
	}
	r, f, stats, err = run(nil, false)
	if err != nil || len(stats) != 1 || stats[0].Dataset != digest || !r.recall || !f.stopped {
		t.Fatalf("kept statistics %+v of dataset %s, recalled %v, stopped %v, %v", stats, digest, r.recall, f.stopped, err)
	}
	damaged := errors.New("damaged")
	if _, f, _, err = run(damaged, false); !errors.Is(err, damaged) || convert.KindOf(err) != convert.BadInput || !f.stopped {
		t.Fatalf("of a damaged dataset: %v, stopped %v", err, f.stopped)
	}
}

// writeNumbers writes 3 samples of 2 numbers.
func writeNumbers(t *testing.T, path string) {
	t.Helper()
	header := fmt.Sprintf("%-53s\n", "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }")
	if err := os.WriteFile(path, []byte("\x93NUMPY\x01\x00"+string([]byte{byte(len(header)), 0})+header+string(make([]byte, 24))), 0o600); err != nil {
		t.Fatal(err)
	}
}
