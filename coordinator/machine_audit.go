package coordinator

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// Audit says which shards are computed once more, by another worker than the one whose result was accepted, before their job goes on.
type Audit struct {
	Share float64 // of all shards, 0 to 1
	Seed  [16]byte
}

const (
	// maxUnaudited is how often a worker may fail to compute an audited shard before its result stands as it is.
	maxUnaudited = 3
	// maxTroubles is how many failures in a row a worker may have that audits wait for.
	maxTroubles = 1
)

// picks reports whether a shard is one of them. Workers do not know the seed, and so can't tell.
func (a Audit) picks(job string, number int) bool {
	if a.Share <= 0 {
		return false
	}
	sum := sha256.Sum256(fmt.Appendf(a.Seed[:len(a.Seed):len(a.Seed)], "%s/%d", job, number))
	return float64(binary.BigEndian.Uint64(sum[:])) < a.Share*math.MaxUint64
}

// audit has a shard be computed once more whose result was just accepted from a worker, if it is one of those and there is another worker.
func (m *Machine) audit(j *job, s *shardState, maker string) {
	if j.fault != nil || maker == "" || !m.Audit.picks(j.id, j.number(s.index)) || !m.audits(j, maker) {
		return
	}
	s.maker = maker
	s.failures, s.failedOn, s.lastError = 0, nil, ""
	j.audits++
}

// audits reports whether there is a worker that can compute a job's shards, is not the one that did, and fails at whatever it is given no more than now and then: no job waits for such.
func (m *Machine) audits(j *job, maker string) bool {
	return slices.ContainsFunc(m.roster, func(w *worker) bool {
		return w.id != maker && w.slots > 0 && w.failures <= maxTroubles && w.numerics == j.numerics && w.holds(j)
	})
}

// audited reports whether a shard's result is there and is being computed once more.
func (s *shardState) audited() bool { return s.maker != "" }

// clear ends the audit of a shard: there is nothing to say against its result, or nobody to look.
func (j *job) clear(s *shardState) {
	if s.audited() {
		s.maker = ""
		j.audits--
	}
}

// compare takes in what an attempt made of a shard whose result was accepted. A job of whose shards two workers think differently fails: one of its results is wrong, and nobody knows which.
func (m *Machine) compare(j *job, s *shardState, a attempt, got string) []Effect {
	have := j.digests[s.index]
	alarm := differ(Alarm{Job: j.id, Shard: s.index, Have: have, Got: got, Worker: a.worker})
	if !s.audited() || a.worker == s.maker || !j.state.runs() {
		return alarm
	}
	if len(alarm) > 0 {
		return append(alarm, m.disagree(j, s, a.worker, fmt.Sprintf("their results are %.12s and %.12s", have, got))...)
	}
	j.clear(s)
	return m.complete(j)
}

// disagree ends a job for what another worker made of a shard of it.
func (m *Machine) disagree(j *job, s *shardState, other, how string) []Effect {
	r := j.plan[s.index]
	return m.end(j, Failed, Failure{Kind: Unavailable, Message: fmt.Sprintf(
		"workers %s and %s disagree about shard %d, samples %d to %d: %s. One of them computes what is wrong: take it out of the cluster before the job is repeated", s.maker, other, s.index, r.First, r.Last-1, how)})
}

// unaudited takes note that a worker did not compute an audited shard. When that happened too often, the result stands as it is.
func (m *Machine) unaudited(j *job, s *shardState, worker string) []Effect {
	s.failures++
	s.avoid(worker)
	if s.failures < maxUnaudited {
		s.notBefore = m.now.Add(min(firstBackoff<<(s.failures-1), maxBackoff))
		return nil
	}
	j.clear(s)
	return m.complete(j)
}

// waive ends the audits that no worker is left for.
func (m *Machine) waive() (effects []Effect) {
	for _, id := range slices.Clone(m.queue) {
		j := m.jobs[id]
		if j.audits == 0 || !j.state.runs() {
			continue
		}
		for _, s := range slices.Clone(j.open) {
			if s.audited() && !m.audits(j, s.maker) && !s.live() {
				j.clear(s)
				m.settle(j, s)
			}
		}
		effects = append(effects, m.complete(j)...)
	}
	return effects
}
