package coordinator

import (
	"slices"
	"time"

	"github.com/octetlite/octet/pkg/shard"
)

// Outcome is how an attempt ended.
type Outcome string

// The outcomes of attempts.
const (
	OutcomeRunning     Outcome = ""            // it has not ended
	OutcomeDelivered   Outcome = "delivered"   // its result is on its way to the journal
	OutcomeAccepted    Outcome = "accepted"    // its result is the shard's
	OutcomeDuplicate   Outcome = "duplicate"   // another result had been accepted, and this one equals it
	OutcomeDifferent   Outcome = "different"   // another result had been accepted, and this one differs from it
	OutcomeFailed      Outcome = "failed"      // the worker had trouble
	OutcomeFault       Outcome = "fault"       // the shard can't be computed anywhere
	OutcomeBusy        Outcome = "busy"        // the worker had no free slot
	OutcomeUnreachable Outcome = "unreachable" // the worker did not begin
	OutcomeStuck       Outcome = "stuck"       // there was no progress for too long
	OutcomeLost        Outcome = "lost"        // the worker's lease ended, and no result came
	OutcomeSuperseded  Outcome = "superseded"  // another attempt's result was accepted
	OutcomeStopped     Outcome = "stopped"     // the job ended
)

// Outcomes are those with which an attempt is over.
var Outcomes = []Outcome{
	OutcomeAccepted, OutcomeDuplicate, OutcomeDifferent, OutcomeFailed, OutcomeFault, OutcomeBusy, OutcomeUnreachable, OutcomeStuck, OutcomeLost,
	OutcomeSuperseded, OutcomeStopped,
}

// failures are the outcomes that speak against a worker.
var failures = []Outcome{OutcomeFailed, OutcomeUnreachable, OutcomeStuck, OutcomeLost, OutcomeDifferent}

// failure reports whether an outcome speaks against the worker.
func (o Outcome) failure() bool { return slices.Contains(failures, o) }

// result reports whether an attempt with this outcome came to its end.
func (o Outcome) result() bool {
	return o == OutcomeAccepted || o == OutcomeDuplicate || o == OutcomeDifferent
}

// Bounds of what a history keeps. Sums stay when attempts are dropped.
const (
	maxAttempts    = 5_000  // of a job; those that were accepted are dropped first
	maxAllAttempts = 50_000 // of all jobs; those of the oldest job that has ended are dropped first
	maxErrorText   = 500    // bytes of an attempt's error
)

// Attempt is one try to run a shard on a worker.
type Attempt struct {
	Job            string      `json:"-"`
	Phase          int         `json:"phase,omitempty"`
	Shard          int         `json:"shard"`
	Number         int         `json:"number"`
	Worker         string      `json:"worker"`
	Range          shard.Range `json:"range"`
	Done           int         `json:"done,omitempty"` // samples
	Begin          time.Time   `json:"begin"`
	End            time.Time   `json:"end,omitzero"`
	Outcome        Outcome     `json:"outcome,omitempty"`
	Error          string      `json:"error,omitempty"`
	Lost           bool        `json:"lost,omitempty"` // the worker's lease ended
	digest         string
	endsByDelivery bool // End is when its result came
}

// ends returns when an attempt that ends now does so, by what the wall clock said when it began: if that was set meanwhile, what lies between the two is still what it took.
func (a *Attempt) ends(now time.Time) time.Time { return a.Begin.Add(now.Sub(a.Begin)) }

// Share is what a worker did for a job.
type Share struct {
	Attempts int           `json:"attempts"`
	Accepted int           `json:"accepted,omitempty"`
	Failed   int           `json:"failed,omitempty"`
	Samples  int           `json:"samples,omitempty"`
	Busy     time.Duration `json:"busy,omitempty"`
}

// Change is when a job came into a state.
type Change struct {
	State State     `json:"state"`
	At    time.Time `json:"at"`
}

// history keeps what became of jobs and attempts in a term, and what the journal has of those before it. It is told of each step of the machine, which knows nothing of it: it does no I/O and reads no clock.
type history struct {
	since   time.Time
	samples int // computed, as workers report them
	jobs    map[string]*jobHistory
	workers map[string]*workerHistory
	live    map[shardKey][]*Attempt // that run, or have delivered
	settled map[shardKey]bool       // of live, those of which a result was accepted
	order   []string                // jobs of which attempts are kept, in the order in which they were begun
	kept    int                     // attempts
	changed map[string]bool         // jobs of which something happened that is not recorded
}

type shardKey struct {
	job   string
	shard int
}

type jobHistory struct {
	changes  []Change
	attempts []*Attempt
	begun    int
	shares   map[string]*Share // by worker
	over     bool
	since    time.Time // from when on it is known, if that is before the term
}

type workerHistory struct {
	since             time.Time
	samples           int
	succeeded, failed int
	running           int
}

func newHistory(now time.Time) *history {
	return &history{since: now, jobs: map[string]*jobHistory{}, workers: map[string]*workerHistory{}, live: map[shardKey][]*Attempt{}, settled: map[shardKey]bool{}, changed: map[string]bool{}}
}

// note takes in a step of the machine, and returns the attempts that are over by it, and how many samples were computed.
func (h *history) note(now time.Time, e Event, effects []Effect) (ended []*Attempt, samples int) {
	end := func(a *Attempt, o Outcome, err string) {
		if h.end(now, a, o, err) {
			ended = append(ended, a)
		}
	}
	switch e := e.(type) {
	case Created:
		h.job(e.Job).change(Preparing, now)
	case WorkerUp:
		if h.workers[e.ID] == nil {
			h.workers[e.ID] = &workerHistory{since: now}
		}
	case WorkerDown:
		delete(h.workers, e.ID)
		for _, all := range h.live {
			for _, a := range all {
				a.Lost = a.Lost || a.Worker == e.ID
			}
		}
	case ShardProgress:
		if a := h.find(e.Job, e.Shard, e.Attempt); a != nil {
			samples = h.computed(a, e.Done)
		}
	case ShardDone:
		if a := h.find(e.Job, e.Shard, e.Attempt); a != nil {
			samples = h.computed(a, a.Range.Len())
			h.deliver(now, a, e.Digest, effects, end)
		}
	case Accepted:
		for _, a := range slices.Clone(h.live[shardKey{e.Job, e.Shard}]) {
			if a.Outcome == OutcomeDelivered && a.Worker == e.Worker && a.digest == e.Offered {
				end(a, h.acceptance(e), "")
			}
		}
	case ShardFailed:
		if a := h.find(e.Job, e.Shard, e.Attempt); a != nil {
			end(a, failureOutcome(a, e), e.Error.Message)
		}
	case Deleted:
		h.forget(e.Job)
	}
	for _, f := range effects {
		switch f := f.(type) {
		case Start:
			h.begin(now, f)
		case Stop:
			if a := h.find(f.Job, f.Shard, f.Attempt); a != nil {
				end(a, stopOutcome(a, e), "")
			}
		case Save:
			h.job(f.Job).change(f.State, now)
			h.jobs[f.Job].over = f.State.Final()
			h.changed[f.Job] = true
		}
	}
	return ended, samples
}

// deliver takes note that an attempt's result came.
func (h *history) deliver(now time.Time, a *Attempt, digest string, effects []Effect, end func(*Attempt, Outcome, string)) {
	a.digest, a.End, a.endsByDelivery = digest, a.ends(now), true
	outcome := OutcomeDuplicate
	for _, f := range effects {
		switch f := f.(type) {
		case Accept:
			if f.Job == a.Job && f.Shard == a.Shard {
				a.Outcome = OutcomeDelivered
				return
			}
		case Alarm:
			if f.Job == a.Job && f.Shard == a.Shard {
				outcome = OutcomeDifferent
			}
		}
	}
	end(a, outcome, "")
}

// acceptance returns the outcome of an attempt whose result was offered to the journal.
func (h *history) acceptance(e Accepted) Outcome {
	key := shardKey{e.Job, e.Shard}
	switch {
	case e.Digest == "":
		return OutcomeStopped
	case e.Digest != e.Offered:
		return OutcomeDifferent
	case h.settled[key]:
		return OutcomeDuplicate
	}
	h.settled[key] = true
	return OutcomeAccepted
}

func failureOutcome(a *Attempt, e ShardFailed) Outcome {
	switch {
	case a.Lost:
		return OutcomeLost
	case e.Fault:
		return OutcomeFault
	case e.Busy:
		return OutcomeBusy
	case e.Unbegun:
		return OutcomeUnreachable
	}
	return OutcomeFailed
}

// stopOutcome says why the machine stops an attempt.
func stopOutcome(a *Attempt, cause Event) Outcome {
	switch cause.(type) {
	case Tick:
		return OutcomeStuck
	case Accepted:
		return OutcomeSuperseded
	}
	if a.Lost {
		return OutcomeLost
	}
	return OutcomeStopped
}

func (h *history) job(id string) *jobHistory {
	j := h.jobs[id]
	if j == nil {
		j = &jobHistory{shares: map[string]*Share{}}
		h.jobs[id] = j
	}
	return j
}

func (j *jobHistory) change(s State, now time.Time) { j.changes = append(j.changes, Change{s, now}) }

func (j *jobHistory) share(worker string) *Share {
	s := j.shares[worker]
	if s == nil {
		s = &Share{}
		j.shares[worker] = s
	}
	return s
}

// find returns an attempt that is not over, nil if there is none.
func (h *history) find(job string, shard, number int) *Attempt {
	for _, a := range h.live[shardKey{job, shard}] {
		if a.Number == number {
			return a
		}
	}
	return nil
}

// begin takes note of a new attempt.
func (h *history) begin(now time.Time, f Start) {
	a := &Attempt{Job: f.Job, Phase: f.Phase, Shard: f.Shard, Number: f.Attempt, Worker: f.Worker, Range: f.Range, Begin: now}
	key := shardKey{f.Job, f.Shard}
	h.changed[f.Job] = true
	h.live[key] = append(h.live[key], a)
	if w := h.workers[f.Worker]; w != nil {
		w.running++
	}
	j := h.job(f.Job)
	if len(j.attempts) == 0 {
		h.order = append(h.order, f.Job)
	}
	j.begun++
	j.share(f.Worker).Attempts++
	j.attempts = append(j.attempts, a)
	h.kept++
	if len(j.attempts) > maxAttempts {
		j.dropOne()
		h.kept--
	}
	if h.kept > maxAllAttempts {
		h.dropJob()
	}
}

// dropOne drops the oldest attempt whose result was accepted; the oldest of all if there is none.
func (j *jobHistory) dropOne() {
	i := slices.IndexFunc(j.attempts, func(a *Attempt) bool { return a.Outcome == OutcomeAccepted })
	i = max(i, 0)
	j.attempts = slices.Delete(j.attempts, i, i+1)
}

// dropJob drops the attempts of the oldest job that is over; of the oldest of all if none is.
func (h *history) dropJob() {
	i := slices.IndexFunc(h.order, func(id string) bool { return h.jobs[id].over })
	j := h.jobs[h.order[max(i, 0)]]
	h.kept -= len(j.attempts)
	j.attempts = nil
	h.order = slices.Delete(h.order, max(i, 0), max(i, 0)+1)
}

// computed counts the samples that an attempt has computed since it was last heard of.
func (h *history) computed(a *Attempt, done int) (news int) {
	news = max(min(done, a.Range.Len())-a.Done, 0)
	a.Done += news
	h.samples += news
	if j := h.jobs[a.Job]; j != nil {
		j.share(a.Worker).Samples += news
	}
	if w := h.workers[a.Worker]; w != nil {
		w.samples += news
	}
	return news
}

// end takes note that an attempt is over; false if it was.
func (h *history) end(now time.Time, a *Attempt, o Outcome, err string) bool {
	key := shardKey{a.Job, a.Shard}
	i := slices.Index(h.live[key], a)
	if i < 0 {
		return false
	}
	a.Outcome, a.Error = o, clipTo(err, maxErrorText)
	if !a.endsByDelivery {
		a.End = a.ends(now)
	}
	if h.live[key] = slices.Delete(h.live[key], i, i+1); len(h.live[key]) == 0 {
		delete(h.live, key)
		delete(h.settled, key)
	}
	if w := h.workers[a.Worker]; w != nil {
		if !a.Lost { // else it came back with nothing running
			w.running--
		}
		switch {
		case o.failure():
			w.failed++
		case o.result():
			w.succeeded++
		}
	}
	j := h.jobs[a.Job]
	if j == nil {
		return true // it is deleted
	}
	h.changed[a.Job] = true
	s := j.share(a.Worker)
	s.Busy += a.End.Sub(a.Begin)
	switch {
	case o == OutcomeAccepted:
		s.Accepted++
	case o.failure():
		s.Failed++
	}
	return true
}

// forget drops what is known of a job.
func (h *history) forget(id string) {
	j := h.jobs[id]
	if j == nil {
		return
	}
	h.kept -= len(j.attempts)
	h.order = slices.DeleteFunc(h.order, func(x string) bool { return x == id })
	delete(h.changed, id)
	delete(h.jobs, id)
}
