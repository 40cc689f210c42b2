package coordinator

import "fmt"

// Progress is how far a job is, over all phases that were begun.
type Progress struct {
	SamplesDone  int    `json:"samples_done"`
	SamplesTotal int    `json:"samples_total"`
	ShardsDone   int    `json:"shards_done"`
	ShardsTotal  int    `json:"shards_total"`
	Running      int    `json:"-"` // attempts
	Waiting      string `json:"-"` // why nothing runs, if nothing does
}

// Progress returns how far a job is; false if the machine has forgotten it, or never knew it.
func (m *Machine) Progress(id string) (Progress, bool) {
	j := m.jobs[id]
	if j == nil || j.state.Final() {
		return Progress{}, false
	}
	return m.progress(j), true
}

func (m *Machine) progress(j *job) Progress {
	p := j.before
	p.SamplesDone += j.done
	p.SamplesTotal += j.samples
	p.ShardsDone += j.accepted
	p.ShardsTotal += len(j.plan)
	accepting := false
	for _, s := range j.open {
		if j.digests[s.index] != "" {
			continue
		}
		if s.live() {
			p.Running++
		}
		accepting = accepting || s.accepting > 0
		p.SamplesDone += min(s.done, j.plan[s.index].Len())
	}
	if j.state.runs() && p.Running == 0 {
		p.Waiting = m.why(j, accepting)
	}
	return p
}

// why says for a person why nothing of a job runs.
func (m *Machine) why(j *job, accepting bool) string {
	same, staying := 0, 0
	for _, w := range m.roster {
		if w.numerics == j.numerics {
			same++
			staying += w.slots
		}
	}
	switch {
	case accepting:
		return "results are on their way to the journal"
	case j.growing && j.missing == 0:
		return "the stream of samples is open: more of them, or its end, is awaited"
	case j.audits > 0 && j.missing == 0:
		return "results are compared with what another worker computes"
	case len(m.workers) == 0:
		return "no worker is registered"
	case same == 0:
		return fmt.Sprintf("none of %d workers has numerics version %d", len(m.workers), j.numerics)
	case staying == 0:
		return "all workers are stopping"
	case !m.fitsAny(j):
		return fmt.Sprintf("a shard needs %v of memory, and no worker has more than %v for models and shards: start one with more", j.need, mebibytes(m.mostMemory(j.numerics)))
	case !m.within(j.space):
		return fmt.Sprintf("all %d shards that its namespace may have run are other jobs'", m.NamespaceShards)
	case len(j.waiting) > 0 && j.waiting[0].lastError != "":
		return "a shard is tried again after: " + j.waiting[0].lastError
	case m.short(j):
		return fmt.Sprintf("a shard needs %v of memory, which no worker has free beside what runs there", j.need)
	}
	return "all workers are busy"
}

// tooMany describes the failure of a job whose shard failed too often.
func tooMany(s *shardState, last Failure) Failure {
	last.Message = fmt.Sprintf("shard %d failed %d times, last: %s", s.index, s.failures, last.Message)
	return last
}
