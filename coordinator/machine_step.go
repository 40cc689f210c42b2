package coordinator

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

func (e Created) apply(m *Machine, _ time.Time) []Effect {
	if m.jobs[e.Job] != nil {
		return nil
	}
	m.jobs[e.Job] = &job{id: e.Job, state: Preparing, space: m.space(e.Namespace), weight: e.Priority.weight()}
	m.queue = append(m.queue, e.Job)
	return []Effect{Prepare{Job: e.Job}}
}

func (e Prepared) apply(m *Machine, _ time.Time) []Effect {
	j := m.jobs[e.Job]
	if j == nil || j.state != Preparing {
		return nil
	}
	j.numerics, j.kept, j.growing, j.model = e.Numerics, e.Accepted, e.Growing, cmp.Or(e.Model, e.Job)
	j.before, j.need = e.Before, e.Need
	j.extend(Calibrating, e.Plan)
	effects := []Effect{Save{Job: e.Job, State: Calibrating}}
	if e.Growing {
		effects = append(effects, Feed{Job: e.Job})
	}
	return append(effects, m.complete(j)...)
}

func (e Extended) apply(m *Machine, _ time.Time) []Effect {
	j := m.jobs[e.Job]
	if j == nil || !j.growing || !j.state.runs() {
		return nil
	}
	j.grow(e.Plan)
	j.growing = !e.Last
	return m.complete(j)
}

func (e WorkerUp) apply(m *Machine, _ time.Time) []Effect {
	w := m.workers[e.ID]
	if w == nil {
		w = &worker{id: e.ID}
		m.workers[e.ID] = w
		m.roster = slices.SortedFunc(maps.Values(m.workers), func(a, b *worker) int { return cmp.Compare(a.id, b.id) })
	}
	w.slots, w.backlog, w.numerics, w.memory = e.Slots, e.Backlog, e.Numerics, e.Memory
	m.count()
	return nil
}

func (e WorkerDown) apply(m *Machine, now time.Time) []Effect {
	if m.workers[e.ID] == nil {
		return nil
	}
	delete(m.workers, e.ID)
	m.roster = slices.DeleteFunc(m.roster, func(w *worker) bool { return w.id == e.ID })
	m.count()
	gone := Failure{Kind: Unavailable, Message: fmt.Sprintf("worker %s is gone", e.ID)}
	var effects []Effect
	for _, id := range slices.Sorted(maps.Keys(m.jobs)) {
		j := m.jobs[id]
		for _, s := range slices.Clone(j.open) {
			for k := range s.running {
				if a := &s.running[k]; a.worker == e.ID && !a.lost {
					a.lost = true
					m.pay(j, a)
					if a.quick && !a.begun { // it waited there for a slot, and has nothing to do with the worker's end
						s.avoid(e.ID)
					} else {
						effects = append(effects, m.failed(j, s, e.ID, now, gone)...)
					}
					break // a worker runs a shard once at a time
				}
			}
			m.settle(j, s)
		}
	}
	return effects
}

func (e ShardProgress) apply(m *Machine, now time.Time) []Effect {
	_, s := m.shard(e.Job, e.Shard)
	if s == nil {
		return nil
	}
	s.done = max(s.done, e.Done)
	if i := s.find(e.Attempt); i >= 0 {
		a := &s.running[i]
		a.since, a.done = now, max(a.done, e.Done)
	}
	return nil
}

func (e ShardBegun) apply(m *Machine, now time.Time) []Effect {
	_, s := m.shard(e.Job, e.Shard)
	if s == nil {
		return nil
	}
	if i := s.find(e.Attempt); i >= 0 {
		s.running[i].since, s.running[i].began, s.running[i].begun = now, now, true
	}
	return nil
}

func (e ShardDone) apply(m *Machine, _ time.Time) []Effect {
	j, s := m.shard(e.Job, e.Shard)
	if s == nil {
		return nil
	}
	a, ok := m.drop(j, s, e.Attempt)
	if !ok {
		return nil
	}
	if w := m.workers[a.worker]; w != nil {
		w.failures = 0
	}
	m.learn(j, s, a)
	defer m.settle(j, s)
	if j.digests[e.Shard] != "" {
		return m.compare(j, s, a, e.Digest)
	}
	if !j.state.runs() {
		return nil
	}
	s.accepting++
	s.done = j.plan[e.Shard].Len()
	return []Effect{Accept{Job: e.Job, Shard: e.Shard, Number: j.number(e.Shard), Digest: e.Digest, Worker: a.worker}}
}

func differ(a Alarm) []Effect {
	if a.Have == a.Got {
		return nil
	}
	return []Effect{a}
}

func (e Accepted) apply(m *Machine, _ time.Time) []Effect {
	j, s := m.shard(e.Job, e.Shard)
	if s == nil || s.accepting == 0 {
		return nil
	}
	s.accepting--
	if e.Digest == "" {
		m.settle(j, s)
		return nil
	}
	effects := differ(Alarm{Job: e.Job, Shard: e.Shard, Have: e.Digest, Got: e.Offered, Worker: e.Worker})
	if j.digests[e.Shard] != "" {
		m.settle(j, s)
		return effects
	}
	j.accept(e.Shard, e.Digest)
	if e.Digest == e.Offered {
		m.audit(j, s, e.Worker)
	}
	m.outdo(j, s)
	m.settle(j, s)
	return append(effects, m.complete(j)...)
}

func (e ShardFailed) apply(m *Machine, now time.Time) []Effect {
	j, s := m.shard(e.Job, e.Shard)
	if s == nil {
		return nil
	}
	a, ok := m.drop(j, s, e.Attempt)
	if !ok {
		return nil
	}
	defer m.settle(j, s)
	w := m.workers[a.worker]
	switch {
	case !j.state.runs() || a.lost || a.spare:
		return nil
	case e.Fault && s.audited():
		return m.disagree(j, s, a.worker, "the latter says that it can't be computed: "+e.Error.Message)
	case e.Fault:
		return m.blame(j, s, e.Error)
	case e.Busy:
		if w != nil {
			w.rest = now.Add(busyRest)
		}
		if s.audited() {
			return m.unaudited(j, s, a.worker)
		}
		return nil
	}
	if w != nil {
		w.failed(now)
	}
	if s.audited() {
		return m.unaudited(j, s, a.worker)
	}
	if e.Unbegun {
		s.avoid(a.worker)
		s.lastError = e.Error.Message
		return nil
	}
	return m.failed(j, s, a.worker, now, e.Error)
}

func (e Finished) apply(m *Machine, _ time.Time) []Effect {
	if len(e.Next) == 0 {
		return m.over(e.Job, Succeeded, Failure{})
	}
	j := m.jobs[e.Job]
	if j == nil || j.state != Finishing {
		return nil
	}
	j.need = j.need.comparing(e.Bytes)
	j.extend(Comparing, e.Next)
	return append([]Effect{Save{Job: e.Job, State: Comparing}}, m.complete(j)...)
}

func (e JobFailed) apply(m *Machine, _ time.Time) []Effect { return m.over(e.Job, Failed, e.Error) }

func (e Cancel) apply(m *Machine, _ time.Time) []Effect { return m.over(e.Job, Cancelled, Failure{}) }

// over ends a job unless it has ended.
func (m *Machine) over(id string, state State, f Failure) []Effect {
	j := m.jobs[id]
	if j == nil || j.state.Final() {
		return nil
	}
	return m.end(j, state, f)
}

func (e Deleted) apply(m *Machine, _ time.Time) (effects []Effect) {
	j := m.jobs[e.Job]
	if j == nil || !j.state.Final() {
		return nil
	}
	for _, s := range slices.Clone(j.open) {
		effects = append(effects, m.abort(j, s, false)...)
		s.accepting = 0 // the journal takes no more
		m.settle(j, s)
	}
	return effects
}
