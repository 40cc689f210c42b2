//go:build conformance && unix

package shard_test

import (
	"context"
	"os"
	"syscall"
	"testing"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/tensor"
)

// inMemory are samples that were read before.
type inMemory [][]*tensor.Tensor

func (s inMemory) Sample(i int) ([]*tensor.Tensor, error) { return s[i], nil }

// BenchmarkRate runs the model that OCTET_RATE_MODEL names over the samples of OCTET_RATE_DATA, which are in memory before, and reports the process's CPU time per sample with the range of
// each activation recorded, and with its histogram. conformance/bench.py has it run beside the peers.
func BenchmarkRate(b *testing.B) {
	path, data := os.Getenv("OCTET_RATE_MODEL"), os.Getenv("OCTET_RATE_DATA")
	if path == "" || data == "" {
		b.Fatal("OCTET_RATE_MODEL and OCTET_RATE_DATA say what to measure; conformance/bench.py sets them")
	}
	content, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	m, err := shard.Load(content, "")
	if err != nil {
		b.Fatal(err)
	}
	samples := read(b, data, m.Inputs())
	for _, c := range []struct {
		name    string
		observe calib.Spec
	}{{"ranges", calib.Spec{}}, {"histograms", calib.Spec{Histogram: true}}} {
		b.Run(c.name, func(b *testing.B) {
			collection := shard.Collect(m, samples, shard.Spec{Observe: c.observe})
			if err := collection.Add(b.Context(), shard.Range{First: 0, Last: (len(samples) + 3) / 4}, nil); err != nil {
				b.Fatal(err)
			}
			begun := used(b)
			for b.Loop() {
				if err := collection.Add(b.Context(), shard.Range{First: 0, Last: len(samples)}, nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(used(b)-begun)/float64(b.N)/float64(len(samples)), "cpu-ns/sample")
		})
	}
}

// read reads all samples.
func read(b *testing.B, data string, inputs []dataset.Input) inMemory {
	files := store.NewOverlay(store.NewMemory())
	manifest, err := dataset.Build(context.Background(), data, inputs, files)
	if err != nil {
		b.Fatal(err)
	}
	r, err := dataset.Open(context.Background(), manifest, files)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	samples := make(inMemory, manifest.Len())
	for i := range samples {
		if samples[i], err = r.Sample(i); err != nil {
			b.Fatal(err)
		}
	}
	return samples
}

// used returns the nanoseconds of CPU time that the process has taken.
func used(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
