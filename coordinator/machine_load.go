package coordinator

import (
	"maps"
	"slices"
	"time"
)

// Load is how much waits and runs.
type Load struct {
	Workers, Slots   int
	Waiting, Running int // shards of all jobs
}

// Load returns how much waits and runs now.
func (m *Machine) Load() Load {
	l := Load{Workers: len(m.workers)}
	for _, w := range m.workers {
		l.Slots += w.slots
	}
	for _, id := range m.queue {
		waiting, running := m.jobs[id].load()
		l.Waiting += waiting
		l.Running += running
	}
	return l
}

// load counts a job's shards that wait for a worker, and those that run.
func (j *job) load() (waiting, running int) {
	if !j.state.runs() {
		return 0, 0
	}
	waiting = j.missing
	for _, s := range j.open {
		if s.index >= j.limit || j.digests[s.index] != "" {
			continue
		}
		if s.live() {
			running++
			waiting--
		} else if s.accepting > 0 {
			waiting--
		}
	}
	return waiting, running
}

// Rest returns until when a worker gets no shards; false if it gets them, or is not known.
func (m *Machine) Rest(now time.Time, worker string) (time.Time, bool) {
	w := m.workers[worker]
	if w == nil || !m.steady(now).Before(w.rest) {
		return time.Time{}, false
	}
	return w.rest.Add(-m.behind), true
}

// spaceLoad is what waits and runs of a namespace's jobs, and its weight.
type spaceLoad struct {
	name             string
	weight           int
	jobs             int // that are not over
	waiting, running int // shards of them
}

// spaceLoads returns the namespaces that have jobs that are not over, or a weight of their own, by name.
func (m *Machine) spaceLoads() (all []spaceLoad) {
	loads := map[string]*spaceLoad{}
	add := func(name string) *spaceLoad {
		if loads[name] == nil {
			loads[name] = &spaceLoad{name: name, weight: int(m.Weights.of(name))}
		}
		return loads[name]
	}
	for name := range m.Weights {
		add(name)
	}
	names := map[*space]string{}
	for name, s := range m.spaces {
		names[s] = name
	}
	for _, id := range m.queue {
		j := m.jobs[id]
		l := add(names[j.space])
		waiting, running := j.load()
		l.jobs++
		l.waiting += waiting
		l.running += running
	}
	for _, name := range slices.Sorted(maps.Keys(loads)) {
		all = append(all, *loads[name])
	}
	return all
}

// Memory returns what models and shards may take on a worker, and what those need that it was given, in bytes.
func (m *Machine) Memory(worker string) (all, taken int64) {
	w := m.workers[worker]
	if w == nil {
		return 0, 0
	}
	return w.memory, w.taken
}
