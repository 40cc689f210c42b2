package coordinator

import (
	"maps"
	"math"
	"slices"
	"time"
)

const (
	// straggleFactor is how many times longer than the job's other shards an attempt must take to count as a straggler.
	straggleFactor = 2
	// minStraggle is what it must have taken at least.
	minStraggle = 5 * time.Second
	// enoughCosts is how many shards of a phase must have ended to tell what one takes, unless there are fewer in all.
	enoughCosts = 3
)

// straggler returns the time at which the only attempt of a shard counts as a straggler, which its progress puts off: another one that began then would most likely be done before it.
// False if it never does.
func (m *Machine) straggler(j *job, s *shardState) (at time.Time, ok bool) {
	if j.digests[s.index] != "" || s.accepting > 0 || s.alive() != 1 {
		return at, false
	}
	if phase, _ := j.phase(s.index); phase != len(j.phases)-1 || !j.known() {
		return at, false
	}
	a := s.running[slices.IndexFunc(s.running, func(a attempt) bool { return !a.lost })]
	// With f of its samples done after t seconds the rest takes about t(1-f)/f. That is more than what a new one takes from t = expected f/(1-f) on.
	samples := float64(j.plan[s.index].Len())
	done := min(float64(a.done), samples-0.5)
	expected := m.expected(j, s.index)
	after := max(straggleFactor*expected, expected*done/(samples-done), minStraggle.Seconds())
	return a.began.Add(seconds(math.Ceil(after*1000) / 1000)), true
}

// known reports whether enough shards of a job's phase have ended to tell what the others take.
func (j *job) known() bool {
	n := len(j.phases)
	if n == 0 {
		return false
	}
	first := 0
	if n > 1 {
		first = j.phases[n-2]
	}
	return len(j.costs.last) >= max(1, min(enoughCosts, j.phases[n-1]-first-1))
}

// straggles calls f with the time at which each attempt of a job counts as a straggler, unless it shows progress before.
func (m *Machine) straggles(j *job, f func(time.Time)) {
	if !j.state.runs() || !j.known() {
		return
	}
	for _, s := range j.open {
		if at, ok := m.straggler(j, s); ok {
			f(at)
		}
	}
}

// speculate begins stragglers once more where there are slots that nobody else wants. The first result is accepted.
func (m *Machine) speculate(now time.Time, free *crew) (effects []Effect) {
	for _, id := range m.queue {
		j := m.jobs[id]
		if !j.state.runs() || !j.known() {
			continue
		}
		if len(free.workers) == 0 {
			return effects
		}
		for _, s := range slices.Clone(j.open) {
			if len(free.workers) == 0 {
				return effects
			}
			if at, ok := m.straggler(j, s); !ok || now.Before(at) || !m.within(j.space) {
				continue
			}
			if w := m.pick(j, s, free); w != nil && w.spare == 0 && w.busy < w.slots {
				effects = append(effects, m.start(now, j, s, w)...)
				free.update()
			}
		}
	}
	return effects
}

// outdo makes the attempts of a shard spare whose result was accepted: what they yield is compared with it, and nobody waits for them.
func (m *Machine) outdo(j *job, s *shardState) {
	for i := range s.running {
		if a := &s.running[i]; !a.lost && !a.spare {
			m.pay(j, a)
			a.spare = true
			w := m.workers[a.worker]
			w.spare++
			w.lent += a.need.Shard
		}
	}
}

// preempt stops a spare attempt on a worker, whose slot somebody wants.
func (m *Machine) preempt(w *worker) []Effect {
	for _, id := range slices.Sorted(maps.Keys(m.jobs)) {
		j := m.jobs[id]
		for _, s := range j.open {
			for _, a := range s.running {
				if a.spare && !a.lost && a.worker == w.id {
					m.drop(j, s, a.number)
					m.settle(j, s)
					return []Effect{Stop{Job: j.id, Shard: s.index, Attempt: a.number}}
				}
			}
		}
	}
	return nil
}
