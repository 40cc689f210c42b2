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

// seconds returns a duration of so many seconds.
func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
