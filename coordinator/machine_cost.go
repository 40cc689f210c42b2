package coordinator

import (
	"slices"
	"time"
)

const (
	// lookBack is how many of a phase's shards tell what the next ones take.
	lookBack = 31
	// unknownCost is what an attempt is taken to take before any has ended, in seconds.
	unknownCost = 1
	// quickShard is what a shard takes at most to be quick, in seconds: several are then sent to a worker at a time.
	quickShard = 0.1
	// aheadSeconds is how much work of quick shards is sent to a worker ahead of its slots, for each of them, in seconds.
	aheadSeconds = 2
	// leastCost is what a shard is taken to take at least, in seconds: the messages about it take that much.
	leastCost = 0.001
)

// costs are the seconds that a sample took, for the shards of a phase that ended last.
type costs struct {
	last   []float64 // the latest at the end
	median float64   // of them; 0 if there are none
}

func (c *costs) add(perSample float64) {
	if len(c.last) == lookBack {
		c.last = slices.Delete(c.last, 0, 1)
	}
	c.last = append(c.last, perSample)
	sorted := slices.Sorted(slices.Values(c.last))
	c.median = sorted[len(sorted)/2]
}

// learn takes note of what an attempt took that came to its end.
func (m *Machine) learn(j *job, s *shardState, a attempt) {
	took := m.now.Sub(a.began).Seconds()
	if m.typical == 0 {
		m.typical = took
	}
	m.typical += float64((took - m.typical) / 16) // rounded first, on every processor
	// Of an attempt that was given to a worker under an earlier phase nothing is known about the present one.
	if phase, _ := j.phase(s.index); phase == len(j.phases)-1 {
		j.costs.add(took / float64(j.plan[s.index].Len()))
	}
}

// expected returns the seconds that an attempt of a shard takes, as far as is known.
func (m *Machine) expected(j *job, shard int) float64 {
	switch {
	case len(j.costs.last) > 0:
		return j.costs.median * float64(j.plan[shard].Len())
	case m.typical > 0:
		return m.typical
	}
	return unknownCost
}

// quick reports whether a shard is known to take a moment.
func (j *job) quick(shard int) bool {
	return len(j.costs.last) > 0 && j.costs.median*float64(j.plan[shard].Len()) <= quickShard
}

// ahead returns how many of a job's shards from one on may be sent to a worker ahead of each of its slots; 0 if they are not quick. While there are many it is what aheadSeconds are enough for. At
// the end it is half of what is left for each slot of the cluster, so that no worker waits while another has a queue.
func (m *Machine) ahead(j *job, shard int) int {
	if !j.quick(shard) {
		return 0
	}
	cost := max(j.costs.median*float64(j.plan[shard].Len()), leastCost)
	left := (j.limit - j.next) / (2 * max(m.slots[j.numerics], 1))
	return max(min(int(aheadSeconds/cost), left), 1)
}

// count adds up the slots of the workers of each arithmetic.
func (m *Machine) count() {
	clear(m.slots)
	for _, w := range m.roster {
		m.slots[w.numerics] += w.slots
	}
}

// seconds returns a duration of so many seconds.
func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
