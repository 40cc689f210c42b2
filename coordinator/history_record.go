package coordinator

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// What the journal keeps of a job's history, so that a successor can tell of it. Sums stay when attempts are dropped.
const (
	recordedTroubles = 24  // the latest attempts that failed
	recordedOthers   = 24  // the latest of the others
	recordedError    = 200 // bytes of an attempt's error
)

// HistoryRecord is what became of a job and its attempts, as the journal keeps it. It is for those who look on: nothing that is decided depends on it.
type HistoryRecord struct {
	Since    time.Time        `json:"since"` // from when on it is known
	Changes  []Change         `json:"changes,omitempty"`
	Attempts []Attempt        `json:"attempts,omitempty"` // some of them
	Begun    int              `json:"begun,omitempty"`    // attempts in all
	Shares   map[string]Share `json:"shares,omitempty"`   // by worker
}

// succeededError is the error of attempts that ran under an earlier leader, which nobody waits for any more.
const succeededError = "the coordinator that began it leads no longer"

// record returns what the journal is to keep of a job; false if nothing is known of it.
func (h *history) record(id string) (r HistoryRecord, ok bool) {
	j := h.jobs[id]
	if j == nil {
		return r, false
	}
	r = HistoryRecord{Since: cmp.Or(j.since, h.since), Changes: slices.Clone(j.changes), Begun: j.begun, Shares: map[string]Share{}}
	for w, s := range j.shares {
		r.Shares[w] = *s
	}
	troubles, others := recordedTroubles, recordedOthers
	for _, a := range slices.Backward(j.attempts) {
		left := &others
		if a.Outcome.failure() || a.Outcome == OutcomeFault {
			left = &troubles
		}
		if *left > 0 {
			*left--
			kept := *a
			kept.Error = clipTo(a.Error, recordedError)
			r.Attempts = append(r.Attempts, kept)
		}
	}
	slices.Reverse(r.Attempts)
	return r, true
}

// restore adds what earlier terms recorded of jobs, some of which may have gone on since. over says which of them are. Attempts that ran then count as stopped.
func (h *history) restore(records map[string]HistoryRecord, over func(job string) bool) {
	begin := func(id string) time.Time { return records[id].Attempts[0].Begin }
	var order []string
	for id, r := range records {
		j := h.job(id)
		j.since, j.begun, j.over = r.Since, j.begun+r.Begun, over(id)
		j.changes = append(slices.Clone(r.Changes), j.changes...)
		for w, s := range r.Shares {
			j.share(w).add(s)
		}
		var attempts []*Attempt
		for _, a := range r.Attempts {
			a.Job = id
			if a.Outcome == OutcomeRunning || a.Outcome == OutcomeDelivered {
				a.Outcome, a.Error, a.End = OutcomeStopped, succeededError, latest(a.Begin, h.since) // clocks differ
			}
			attempts = append(attempts, &a)
		}
		j.attempts = append(attempts, j.attempts...)
		h.kept += len(attempts)
		if len(attempts) > 0 {
			order = append(order, id)
		}
	}
	slices.SortFunc(order, func(a, b string) int { return cmp.Or(begin(a).Compare(begin(b)), cmp.Compare(a, b)) })
	h.order = append(order, slices.DeleteFunc(h.order, func(id string) bool { return len(records[id].Attempts) > 0 })...)
	for h.kept > maxAllAttempts {
		h.dropJob()
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// add adds what a worker did for a job under an earlier leader.
func (s *Share) add(o Share) {
	s.Attempts += o.Attempts
	s.Accepted += o.Accepted
	s.Failed += o.Failed
	s.Samples += o.Samples
	s.Busy += o.Busy
}

// news returns the jobs of which something happened since it was last asked.
func (h *history) news() []string {
	ids := slices.Sorted(maps.Keys(h.changed))
	clear(h.changed)
	return ids
}
