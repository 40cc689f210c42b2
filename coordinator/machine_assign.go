package coordinator

import (
	"cmp"
	"slices"
	"time"
)

// assign gives waiting shards to free workers: the oldest job first, its shards in order, those that were begun before in front, each to the least
// busy worker of the job's arithmetic.
func (m *Machine) assign(now time.Time) (effects []Effect) {
	free := m.free(now)
	for _, id := range m.queue {
		if len(free) == 0 {
			break
		}
		j := m.jobs[id]
		if !j.state.runs() {
			continue
		}
		start := func(s *shardState) bool {
			w := m.pick(now, j.numerics, s.failedOn)
			if w == nil {
				return false
			}
			effects = append(effects, m.start(now, j, s, w))
			if free[j.numerics]--; free[j.numerics] == 0 {
				delete(free, j.numerics)
			}
			return true
		}
		for _, s := range slices.Clone(j.waiting) {
			if free[j.numerics] == 0 {
				break
			}
			if !now.Before(s.notBefore) {
				start(s)
			}
		}
		for free[j.numerics] > 0 {
			if s := j.fresh(); s == nil || !start(s) {
				break
			}
		}
	}
	return effects
}

// start begins an attempt of a shard.
func (m *Machine) start(now time.Time, j *job, s *shardState, w *worker) Start {
	s.attempts++
	w.busy++
	s.running = append(s.running, attempt{number: s.attempts, worker: w.id, since: now})
	j.next = max(j.next, s.index+1)
	j.open.insert(s)
	m.settle(j, s)
	phase, _ := j.phase(s.index)
	return Start{Job: j.id, Phase: phase, Shard: s.index, Range: j.plan[s.index], Attempt: s.attempts, Worker: w.id}
}

// ready reports whether a worker takes a shard now.
func (w *worker) ready(now time.Time) bool { return w.busy < w.slots && !now.Before(w.rest) }

// free counts the slots that can be filled now, by arithmetic.
func (m *Machine) free(now time.Time) map[int]int {
	free := map[int]int{}
	for _, w := range m.workers {
		if w.ready(now) {
			free[w.numerics] += w.slots - w.busy
		}
	}
	return free
}

// pick returns the ready worker with the most free slots, or nil. Workers to avoid are out of question as long as there are others, ready
// or not; when there are none, those that failed longest ago get another chance.
func (m *Machine) pick(now time.Time, numerics int, avoid []string) *worker {
	for len(avoid) > 0 && !m.others(numerics, avoid) {
		avoid = avoid[1:]
	}
	var best *worker
	for _, w := range m.workers {
		if w.numerics != numerics || !w.ready(now) || slices.Contains(avoid, w.id) {
			continue
		}
		if best == nil || cmp.Or(cmp.Compare(best.slots-best.busy, w.slots-w.busy), cmp.Compare(w.id, best.id)) < 0 {
			best = w
		}
	}
	return best
}

// others reports whether there is a worker of the arithmetic that is not to be avoided.
func (m *Machine) others(numerics int, avoid []string) bool {
	for _, w := range m.workers {
		if w.numerics == numerics && !slices.Contains(avoid, w.id) {
			return true
		}
	}
	return false
}
