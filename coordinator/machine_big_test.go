//go:build unix

package coordinator

import (
	"fmt"
	"syscall"
	"testing"

	"github.com/octetlite/octet/pkg/shard"
)

// big runs a job of so many shards to its end, one event at a time.
func big(shards, workers int) *Machine {
	m := NewMachine()
	plan := make([]shard.Range, shards)
	for i := range plan {
		plan[i] = shard.Range{First: i, Last: i + 1}
	}
	var todo []Effect
	step := func(e Event) { todo = append(todo, m.Step(epoch, e)...) }
	for i := range workers {
		step(WorkerUp{ID: fmt.Sprint(i), Slots: 1, Numerics: 1})
	}
	step(Created{Job: "j"})
	step(Prepared{Job: "j", Numerics: 1, Plan: plan})
	for len(todo) > 0 {
		f := todo[0]
		todo = todo[1:]
		switch f := f.(type) {
		case Start:
			step(ShardProgress{Job: f.Job, Shard: f.Shard, Attempt: f.Attempt, Done: 1})
			step(ShardDone{Job: f.Job, Shard: f.Shard, Attempt: f.Attempt, Digest: "d"})
			m.Wake(epoch)
		case Accept:
			step(Accepted{Job: f.Job, Shard: f.Shard, Digest: f.Digest, Offered: f.Digest})
		case Finish:
			step(Finished{Job: f.Job})
		}
	}
	return m
}

// A step's cost does not grow with the job: a shard of many costs about what one of few does, and twenty times as much when it grows. It is told in time of the processor, of which others on the
// machine take none.
func TestBigJob(t *testing.T) {
	const few, many = 2_000, 40_000
	each := func(shards int) float64 {
		before := processorTime(t)
		if m := big(shards, 50); len(m.jobs) != 0 {
			t.Fatal("the job did not end")
		}
		return float64(processorTime(t)-before) / float64(shards)
	}
	ratio := 0.0
	for range 3 {
		least := each(few)
		for range 4 {
			least = min(least, each(few))
		}
		if ratio = each(many) / least; ratio < 6 {
			return
		}
	}
	t.Errorf("a shard of %d costs %.1f times what one of %d does", many, ratio, few)
}

// processorTime returns the time of the processor that this process has taken, in nanoseconds.
func processorTime(t *testing.T) int64 {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

func BenchmarkMachine(b *testing.B) {
	for _, shards := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("shards=%d", shards), func(b *testing.B) {
			for b.Loop() {
				big(shards, 50)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*shards), "ns/shard")
		})
	}
}
