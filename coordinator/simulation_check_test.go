package coordinator

import (
	"slices"
	"time"
)

// fits checks that no worker has more to do than its memory is for, and that what counts as taken is what its attempts take.
func (s *simulation) fits() {
	type use struct {
		shards, spare int64
		models        map[string]int64
	}
	uses := map[string]*use{}
	for _, j := range s.m.jobs {
		for _, o := range j.open {
			for _, a := range o.running {
				if a.lost {
					continue
				}
				u := uses[a.worker]
				if u == nil {
					u = &use{models: map[string]int64{}}
					uses[a.worker] = u
				}
				u.shards += a.need.Shard
				if a.spare {
					u.spare += a.need.Shard
				}
				u.models[a.model] = max(u.models[a.model], a.need.Model)
			}
		}
	}
	for _, w := range s.m.roster {
		u := uses[w.id]
		if u == nil {
			u = &use{}
		}
		least := u.shards
		for _, n := range u.models {
			least += n
		}
		if w.taken < least || w.lent != u.spare || len(w.loaded) != len(u.models) || u.shards == 0 && w.taken != 0 {
			s.t.Fatalf("worker %s counts %d bytes, %d of them of spare attempts: attempts take %d, spare ones %d", w.id, w.taken, w.lent, least, u.spare)
		}
		if w.memory > 0 && w.taken-w.lent > w.memory {
			s.t.Fatalf("worker %s has %d bytes, attempts take %d", w.id, w.memory, w.taken-w.lent)
		}
	}
}

// check looks at what came of all jobs.
func (s *simulation) check() {
	s.t.Helper()
	for _, id := range s.order {
		j := s.jobs[id]
		if j.state != Succeeded {
			p, _ := s.m.Progress(id)
			s.t.Fatalf("%s is %s in the end: %+v", id, j.state, p)
		}
		got := slices.Concat(j.digests...)
		if len(got) != len(j.plan)*j.phases || len(j.journal) != len(got) {
			s.t.Fatalf("%s has %d results, %d of them in the journal, want %d", id, len(got), len(j.journal), len(j.plan)*j.phases)
		}
		for i, d := range got {
			if d != digest(id, i) {
				s.t.Fatalf("shard %d of %s came out as %q", i, id, d)
			}
		}
	}
}

// queue gives an attempt that takes a while the slot that is free first, and returns how long it waits for it.
func (w *simWorker) queue(now time.Time, took time.Duration) time.Duration {
	if len(w.until) == 0 {
		w.until = make([]time.Time, w.Slots)
	}
	first := 0
	for i, t := range w.until {
		if t.Before(w.until[first]) {
			first = i
		}
	}
	start := w.until[first]
	if start.Before(now) {
		start = now
	}
	w.until[first] = start.Add(took)
	return start.Sub(now)
}
