package coordinator

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// apply gives up attempts that have shown no progress for too long: their workers live, but are stuck.
func (Tick) apply(m *Machine, now time.Time) (effects []Effect) {
	if m.Stall == 0 {
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(m.jobs)) {
		j := m.jobs[id]
		for _, s := range slices.Clone(j.open) {
			for _, a := range slices.Clone(s.running) {
				if !a.lost && (j.state.runs() || a.spare) && !now.Before(a.since.Add(m.Stall)) {
					effects = append(effects, m.giveUp(j, s, a, now)...)
				}
			}
		}
	}
	return effects
}

// giveUp ends an attempt that is stuck, as a failure of its worker.
func (m *Machine) giveUp(j *job, s *shardState, a attempt, now time.Time) []Effect {
	m.drop(j, s, a.number)
	m.workers[a.worker].failed(now)
	effects := []Effect{Stop{Job: j.id, Shard: s.index, Attempt: a.number}}
	effects = append(effects, m.failed(j, s, a.worker, now, Failure{Kind: Unavailable, Message: fmt.Sprintf("worker %s: no progress for %v", a.worker, m.Stall)})...)
	m.settle(j, s)
	return effects
}

// stalls returns the earliest time after the present one at which an attempt of a job is stuck, unless it shows progress before; false if there is none. There may be many attempts.
func (m *Machine) stalls(j *job, now time.Time) (at time.Time, ok bool) {
	if m.Stall == 0 {
		return at, false
	}
	latest, first := now.Add(-m.Stall), now
	for _, s := range j.open {
		for i := range s.running {
			if a := &s.running[i]; !a.lost && (!ok || a.since.Before(first)) && latest.Before(a.since) {
				first, ok = a.since, true
			}
		}
	}
	return first.Add(m.Stall), ok
}
