package coordinator

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/octetlite/octet/pkg/shard"
)

// longest is what a shard of a job takes at most in a simulation without faults, on the slowest worker.
func longest(j *simJob) time.Duration {
	return time.Duration(float64(time.Duration(j.plan[0].Len())*j.perSample) * 1.2 / 0.5)
}

// While all have shards that wait, namespaces have had the same of the slots, and the jobs of each by their weights, but for what a few shards take, whatever their shards take:
// nobody is starved, and nobody gains by cutting work into other pieces.
func TestFairness(t *testing.T) {
	for n := range int64(25) {
		t.Run(fmt.Sprintf("seed=%d", n), func(t *testing.T) { fairness(t, newSimulation(t, n)) })
	}
}

func fairness(t *testing.T, s *simulation) {
	slots := 0
	for range 1 + s.rng.IntN(3) {
		w := s.join(1 + s.rng.IntN(3))
		slots += w.Slots
	}
	var jobs []*simJob
	var most time.Duration
	for i := range 1 + s.rng.IntN(4) {
		for range 1 + s.rng.IntN(3) {
			j := s.create(fmt.Sprint("n", i), []Priority{Low, Normal, High}[s.rng.IntN(3)], 0, 1, s.between(100*time.Millisecond, time.Second))
			for k := range 10_000 {
				j.plan = append(j.plan, shard.Range{First: 4 * k, Last: 4*k + 4})
			}
			jobs, most = append(jobs, j), max(most, longest(j))
		}
	}
	s.expected = len(jobs)
	s.run(20 * most)
	space, weight := map[string]float64{}, map[string]float64{}
	for _, j := range jobs {
		if j.state != Calibrating || s.m.jobs[j.Job].fresh() == nil {
			t.Fatalf("%s has too little to do", j.Job)
		}
		space[j.Namespace] += s.used[j.Job].Seconds()
		weight[j.Namespace] += j.Priority.weight()
	}
	// Each slot may hold a shard too many for one party, and the first ones begin before anything is known.
	bound := float64(slots)*most.Seconds() + 1
	low, high := math.Inf(1), 0.0
	for _, used := range space {
		low, high = min(low, used), max(high, used)
	}
	t.Logf("%d slots, shards of up to %v: %d namespaces had from %.1fs to %.1fs", slots, most, len(space), low, high)
	if high-low > bound {
		t.Errorf("more than %.1fs apart", bound)
	}
	for _, j := range jobs {
		used, want := s.used[j.Job].Seconds(), space[j.Namespace]*j.Priority.weight()/weight[j.Namespace]
		if math.Abs(used-want) > bound+warmLead {
			t.Errorf("%s of priority %q in %s had %.1fs, its share is %.1fs: that is more than %.1fs apart", j.Job, j.Priority, j.Namespace, used, want, bound+warmLead)
		}
	}
}

// bigCluster runs one job on many workers, with or without faults, and returns how long it took and would have taken at best.
func bigCluster(t testing.TB, workers, shards int, faults bool) (took, best time.Duration, s *simulation) {
	s = newSimulation(t, int64(workers))
	s.faults = faults
	speed := 0.0
	for range workers {
		speed += s.join(1).speed
	}
	perSample := 100 * time.Millisecond
	j := s.create("", Normal, shards*256, 1, perSample)
	s.light = workers > 100
	s.expected = 1
	s.run(1000 * time.Hour)
	s.check()
	work := time.Duration(shards*256) * perSample * 11 / 10 // what a shard takes varies by a fifth
	return j.ended.Sub(j.created), time.Duration(float64(work) / speed), s
}

// A job on a hundred workers, some of whose shards straggle, hang or fail, takes little longer than on a hundred that never fail: stragglers are begun once more.
func TestStragglersCostLittle(t *testing.T) {
	took, best, s := bigCluster(t, 100, 2_000, true)
	t.Logf("took %v, at best %v: %+v", took, best, s.stats)
	if limit := best*5/4 + 2*time.Minute; took > limit {
		t.Errorf("took %v, want at most %v", took, limit)
	}
}

// BenchmarkCluster simulates clusters of up to a thousand workers and a hundred shards for each: what a shard costs the coordinator, and how long the job takes beside
// the best that is possible.
func BenchmarkCluster(b *testing.B) {
	for _, faults := range []bool{false, true} {
		for _, workers := range []int{1, 10, 100, 1000} {
			b.Run(fmt.Sprintf("faults=%v/workers=%d", faults, workers), func(b *testing.B) {
				for b.Loop() {
					took, best, s := bigCluster(b, workers, 100*workers, faults)
					b.ReportMetric(float64(s.stats.cost.Nanoseconds())/float64(100*workers), "step-ns/shard")
					b.ReportMetric(took.Seconds()/best.Seconds(), "makespan/best")
				}
			})
		}
	}
}

// smallShards runs one job of many shards of a few milliseconds on workers with two slots each that take so many ahead of them.
func smallShards(t testing.TB, workers, shards, backlog int) (took, best time.Duration, s *simulation) {
	s = newSimulation(t, int64(workers))
	s.queues = true
	speed := 0.0
	for range workers {
		w := s.join(2)
		w.Backlog = backlog
		s.post(s.term, w.up())
		speed += 2 * w.speed
	}
	const perSample = time.Millisecond
	j := s.create("", Normal, 1, 1, perSample)
	j.plan = nil
	for k := range shards {
		j.plan = append(j.plan, shard.Range{First: 4 * k, Last: 4*k + 4})
	}
	s.light, s.expected = shards > 10_000, 1
	s.run(1000 * time.Hour)
	s.check()
	return j.ended.Sub(j.created), time.Duration(float64(shards*4) * float64(perSample) * 1.1 / speed), s
}

// Shards of four milliseconds keep workers busy that are ten milliseconds away, since they are sent ahead; and at the end no worker has a queue while others have nothing to do.
func TestSmallShardsAreSentAhead(t *testing.T) {
	took, best, s := smallShards(t, 10, 20_000, 64)
	t.Logf("took %v, at best %v: %+v", took, best, s.stats)
	if limit := best*5/4 + time.Second; took > limit {
		t.Errorf("took %v, want at most %v", took, limit)
	}
	if one, _, _ := smallShards(t, 10, 20_000, 2); one < took*3/2 {
		t.Errorf("with one shard ahead of a slot it takes %v, with more %v: they are of no use", one, took)
	}
}

// BenchmarkSmallShards simulates a hundred thousand small shards: what one costs the coordinator, and how long the job takes beside the best that is possible, by how many are sent ahead of a slot.
func BenchmarkSmallShards(b *testing.B) {
	for _, workers := range []int{10, 100} {
		for _, ahead := range []int{1, 8, 32} {
			b.Run(fmt.Sprintf("workers=%d/ahead=%d", workers, ahead), func(b *testing.B) {
				const shards = 100_000
				for b.Loop() {
					took, best, s := smallShards(b, workers, shards, 2*ahead)
					b.ReportMetric(float64(s.stats.cost.Nanoseconds())/shards, "step-ns/shard")
					b.ReportMetric(took.Seconds()/best.Seconds(), "makespan/best")
				}
			})
		}
	}
}

// BenchmarkScaling simulates one job of ten thousand shards on clusters of up to a thousand workers: how many times faster it ends than the work takes on one slot.
func BenchmarkScaling(b *testing.B) {
	for _, faults := range []bool{false, true} {
		for _, workers := range []int{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000} {
			b.Run(fmt.Sprintf("faults=%v/workers=%d", faults, workers), func(b *testing.B) {
				for b.Loop() {
					took, best, s := bigCluster(b, workers, 10_000, faults)
					b.ReportMetric(float64(s.stats.cost.Nanoseconds())/10_000, "step-ns/shard")
					b.ReportMetric(float64(workers)*best.Seconds()/took.Seconds(), "speedup")
				}
			})
		}
	}
}
