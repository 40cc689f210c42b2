package coordinator

import "time"

// Priority is how urgent a job is to the client that it belongs to. It takes nothing from other namespaces.
type Priority string

// The priorities.
const (
	Low    Priority = "low"
	Normal Priority = ""
	High   Priority = "high"
)

// weight is a job's share of what its namespace gets, relative to its other jobs. None is starved.
func (p Priority) weight() float64 {
	switch p {
	case Low:
		return 1
	case High:
		return 16
	default:
		return 4
	}
}

const (
	// abreast is how many jobs of a namespace and a priority share at most, the oldest: more of them would all end late, and no worker would have their models at hand.
	abreast = 8
	// warmLead is how far a job may get ahead of its share where a worker has its model at hand, in seconds of a slot.
	warmLead = 1
)

// share is what one of several parties has had of something that is shared by weight: slots, in seconds. It is start-time fair queueing: each party has a tag, the virtual
// time at which it has had so much; the one with the lowest tag is next, and pays for what it gets by weight. The virtual time of all is the lowest tag when somebody was last
// served, and who had nothing to ask for meanwhile catches up with it: nothing is saved up.
type share struct{ tag float64 }

// start returns the virtual time at which the party may go on.
func (s *share) start(clock float64) float64 { return max(clock, s.tag) }

// take has the party pay for seconds of a slot.
func (s *share) take(clock, seconds, weight float64) { s.tag = s.start(clock) + seconds/weight }

// Weights are the shares of namespaces beside those of others.
type Weights map[string]int

// maxWeight bounds the weight of a namespace, so that no other one is starved.
const maxWeight = 1000

// of returns the weight of a namespace: 1 unless it is another.
func (w Weights) of(namespace string) float64 { return float64(max(w[namespace], 1)) }

// space is a namespace.
type space struct {
	share   share
	weight  float64 // among the namespaces
	clock   float64 // the virtual time of its jobs
	running int     // attempts, but for lost and spare ones
}

func (m *Machine) space(name string) *space {
	s := m.spaces[name]
	if s == nil {
		s = &space{weight: m.Weights.of(name)}
		m.spaces[name] = s
	}
	return s
}

// within reports whether the quota of a namespace allows one more attempt.
func (m *Machine) within(s *space) bool {
	return m.NamespaceShards == 0 || s.running < m.NamespaceShards
}

// charge has a job and its namespace pay for an attempt what it is expected to take.
func (m *Machine) charge(j *job, a *attempt, cost float64) {
	a.charged = cost
	j.space.share.take(m.clock, cost, j.space.weight)
	j.share.take(j.space.clock, cost, j.weight)
	j.space.running++
}

// pay settles the account of an attempt that is over, or that counts no more: what it took may differ from what it was charged for.
func (m *Machine) pay(j *job, a *attempt) {
	if a.settled {
		return
	}
	a.settled = true
	more := m.now.Sub(a.began).Seconds() - a.charged
	j.space.share.tag += more / j.space.weight
	j.share.tag += more / j.weight
	j.space.running--
}

// contender is a job that may have something to begin.
type contender struct {
	job     *job
	waiting shards // that must be begun again, and were not offered yet
}

// contenders returns the jobs that have something to begin, the oldest first.
func (m *Machine) contenders(now time.Time) (all []*contender) {
	for _, id := range m.queue {
		j := m.jobs[id]
		if !j.state.runs() {
			continue
		}
		c := &contender{job: j}
		for _, s := range j.waiting {
			if !now.Before(s.notBefore) {
				c.waiting = append(c.waiting, s)
			}
		}
		if len(c.waiting) > 0 || j.fresh() != nil {
			all = append(all, c)
		}
	}
	return all
}

// turn returns the contender whose turn it is: the namespace comes first that has had the least by weight, then the job of it that has had the least by weight, or one that is not far
// ahead of it and whose model a free worker has at hand; nil if quotas allow none.
func (m *Machine) turn(all []*contender, free *crew) (best *contender) {
	var s *space
	for _, c := range all {
		if o := c.job.space; m.within(o) && (s == nil || o.share.start(m.clock) < s.share.start(m.clock)) {
			s = o
		}
	}
	if s == nil {
		return nil
	}
	m.clock = s.share.start(m.clock)
	var class []*contender
	count := map[float64]int{}
	for _, c := range all {
		if c.job.space == s && count[c.job.weight] < abreast {
			count[c.job.weight]++
			class = append(class, c)
			if best == nil || c.job.share.start(s.clock) < best.job.share.start(s.clock) {
				best = c
			}
		}
	}
	s.clock = best.job.share.start(s.clock)
	if free.warm(best.job) {
		return best
	}
	for _, c := range class {
		ahead := c.job.share.start(s.clock) - best.job.share.start(s.clock)
		if ahead*c.job.weight < warmLead && free.warm(c.job) {
			return c
		}
	}
	return best
}
