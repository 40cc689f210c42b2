package coordinator

import (
	"slices"
	"time"
)

// assign gives shards to free workers: whose turn it is begins those that were begun before first, then the next ones in order. Slots that are left then go to
// stragglers.
func (m *Machine) assign(now time.Time) (effects []Effect) {
	free := m.free(now)
	if len(free.workers) == 0 {
		return nil
	}
	all := m.contenders(now)
	for len(all) > 0 && len(free.workers) > 0 {
		c := m.turn(all, free)
		if c == nil {
			break
		}
		s, w := m.offer(c, free)
		if s == nil {
			free.strict = true // where others queue up it would never begin
			free.update()
			if w := m.reserved(c.job, free); w != nil {
				free.workers = slices.DeleteFunc(free.workers, func(o *worker) bool { return o == w })
			}
			all = slices.DeleteFunc(all, func(o *contender) bool { return o == c })
			continue
		}
		effects = append(effects, m.start(now, c.job, s, w)...)
		free.update()
	}
	free.strict = true
	free.update()
	return append(effects, m.speculate(now, free)...)
}

// offer returns a contender's next shard and a worker for it; nil if there is none.
func (m *Machine) offer(c *contender, free *crew) (*shardState, *worker) {
	for len(c.waiting) > 0 {
		s := c.waiting[0]
		c.waiting = c.waiting[1:]
		if w := m.pick(c.job, s, free); w != nil {
			return s, w
		}
	}
	if s := c.job.fresh(); s != nil {
		if w := m.pick(c.job, s, free); w != nil {
			return s, w
		}
	}
	return nil, nil
}

// start begins an attempt of a shard. A spare attempt gives way to it.
func (m *Machine) start(now time.Time, j *job, s *shardState, w *worker) (effects []Effect) {
	s.attempts++
	a := attempt{number: s.attempts, worker: w.id, since: now, began: now, quick: j.quick(s.index), model: j.model, need: j.need}
	m.charge(j, &a, m.expected(j, s.index))
	w.use(j.model, a)
	s.running = append(s.running, a)
	for w.spare > 0 && (w.busy > w.slots || w.overfull()) {
		effects = append(effects, m.preempt(w)...)
	}
	j.next = max(j.next, s.index+1)
	j.open.insert(s)
	m.settle(j, s)
	phase, _ := j.phase(s.index)
	return append(effects, Start{Job: j.id, Phase: phase, Shard: s.index, Range: j.plan[s.index], Attempt: s.attempts, Worker: w.id})
}

// crew are the workers that have room for a shard, by their ids.
type crew struct {
	now     time.Time
	workers []*worker
	ahead   int  // shards that are sent ahead of a slot at most, of any job
	strict  bool // shards do not queue up, since somebody waits for a slot
}

// room returns how many more shards a worker takes now, if so many may be sent ahead of a slot.
func (c *crew) room(w *worker, ahead int) int {
	if c.strict {
		ahead = 0
	}
	return w.room(c.now, ahead)
}

// free returns the workers that have room for a shard now, those where one would queue up among them if there are shards for that.
func (m *Machine) free(now time.Time) *crew {
	c := &crew{now: now, ahead: m.mostAhead()}
	for _, w := range m.roster {
		if c.room(w, c.ahead) > 0 {
			c.workers = append(c.workers, w)
		}
	}
	return c
}

// mostAhead returns how many shards may be sent ahead of a slot, of the job of which that are most.
func (m *Machine) mostAhead() (most int) {
	for _, id := range m.queue {
		if j := m.jobs[id]; j.state.runs() && j.next < j.limit {
			most = max(most, m.ahead(j, j.next))
		}
	}
	return most
}

// update leaves out the workers that have no room any more.
func (c *crew) update() {
	c.workers = slices.DeleteFunc(c.workers, func(w *worker) bool { return c.room(w, c.ahead) == 0 })
}

// warm reports whether a worker with room for a job's shards has its model at hand.
func (c *crew) warm(j *job) bool {
	return slices.ContainsFunc(c.workers, func(w *worker) bool {
		return w.numerics == j.numerics && w.warm(j.model) && w.fits(j) && c.room(w, 0) > 0
	})
}

// pick returns the worker of the job's arithmetic, with memory for it, that a shard is given to, or nil: one with a free slot before one where it queues up, then one that has the model at hand, then
// the one with the most room. Workers to avoid are out of question as long as there are others, with room or not; when there are none, those that failed longest ago get
// another chance.
func (m *Machine) pick(j *job, s *shardState, free *crew) *worker {
	avoid := s.failedOn
	for len(avoid) > 0 && !m.others(j, append([]string{s.maker}, avoid...)) {
		avoid = avoid[1:]
	}
	ahead := m.ahead(j, s.index)
	var best *worker
	var bestRank [3]int
	for _, w := range free.workers {
		room := free.room(w, ahead)
		if w.numerics != j.numerics || room == 0 || !w.fits(j) || slices.Contains(avoid, w.id) || w.id == s.maker || s.on(w.id) {
			continue
		}
		rank := [3]int{min(free.room(w, 0), 1), 0, room}
		if w.warm(j.model) {
			rank[1] = 1
		}
		if best == nil || slices.Compare(rank[:], bestRank[:]) > 0 {
			best, bestRank = w, rank
		}
	}
	return best
}

// others reports whether there is a worker that could run a job's shards and is not to be avoided.
func (m *Machine) others(j *job, avoid []string) bool {
	return slices.ContainsFunc(m.roster, func(w *worker) bool { return w.numerics == j.numerics && w.holds(j) && !slices.Contains(avoid, w.id) })
}
