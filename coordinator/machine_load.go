package coordinator

import "time"

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
