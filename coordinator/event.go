package coordinator

import (
	"time"

	"github.com/octetlite/octet/pkg/shard"
)

// Event is something that happened.
type Event interface {
	apply(m *Machine, now time.Time) []Effect
}

// Effect is something to do. The server carries it out, and reports what came of it as an event.
type Effect interface{ effect() }

// The events.
type (
	// Created: a job is in the journal.
	Created struct {
		Job       string
		Namespace string // of the client that it belongs to
		Priority  Priority
	}
	// Prepared: a job's model is read and the shards of its first phase are planned, those that calibrate. Accepted holds results that the journal has from before a restart, of
	// later phases' shards as well, by their numbers.
	Prepared struct {
		Job      string
		Model    string // what shards run: a worker that lately ran it has it at hand
		Numerics int
		Plan     []shard.Range
		Accepted map[int]string
		Growing  bool // the plan goes on: Extended
		// Before are the shards and samples that the job measured before a restart, whose results are merged already. They are in no plan.
		Before Progress
		Need   Need
	}
	// Extended: samples arrived, and shards of them follow those of a growing job's first phase. The plan is the same, however many events it comes in. Last says that it is whole.
	Extended struct {
		Job  string
		Plan []shard.Range
		Last bool
	}
	// WorkerUp: a worker registered, or changed what it announces.
	WorkerUp struct {
		ID       string
		Slots    int // 0 if it takes no more shards, but goes on with those that it has
		Backlog  int // shards that it takes beyond its slots, to have the next one at hand when one ends
		Numerics int
		Memory   int64 // bytes that models and shards may take there; 0 if it does not tell
	}
	// WorkerDown: a worker's lease is gone.
	WorkerDown struct{ ID string }
	// ShardBegun: an attempt's worker has a slot for it.
	ShardBegun struct {
		Job            string
		Shard, Attempt int
	}
	// ShardProgress: an attempt has computed so many samples, or got on with what it needs for them.
	ShardProgress struct {
		Job                  string
		Shard, Attempt, Done int
	}
	// ShardDone: an attempt's result is in the store.
	ShardDone struct {
		Job            string
		Shard, Attempt int
		Digest         string
	}
	// ShardFailed: an attempt ended without a result.
	ShardFailed struct {
		Job            string
		Shard, Attempt int
		Fault          bool // the job's own: the shard fails in the same way everywhere
		Busy           bool // the worker had no free slot
		Unbegun        bool // the worker could not be reached, or would not have it: that says nothing about the shard
		Error          Failure
	}
	// Accepted: the journal holds a shard's result: the offered one, or another that came first; or none, as the job is over.
	Accepted struct {
		Job             string
		Shard           int
		Digest, Offered string
		Worker          string // that made the offered one
	}
	// Finished: what a phase of a job was for is in the store. Next are the shards of the next phase, which compare; there are none if the job is done.
	Finished struct {
		Job   string
		Next  []shard.Range
		Bytes int64 // of the models that they compare with the float one
	}
	// JobFailed: a job can't go on.
	JobFailed struct {
		Job   string
		Error Failure
	}
	// Cancel: somebody wants a job to end.
	Cancel struct{ Job string }
	// Deleted: a job that is over was forgotten.
	Deleted struct{ Job string }
	// Tick: time went by.
	Tick struct{}
)

// Failure is why a job or an attempt failed.
type Failure struct {
	Kind    FailureKind `json:"kind"`
	Message string      `json:"message"`
	Sample  string      `json:"sample,omitempty"` // that can't be used, if that is why
}

// FailureKind says who has to act on a failure.
type FailureKind string

// The kinds of failures.
const (
	BadInput    FailureKind = "bad_input"
	Refused     FailureKind = "refused"
	Unavailable FailureKind = "unavailable"
	Internal    FailureKind = "internal"
)

// The effects.
type (
	// Prepare reads a job's model and plans its shards; then Prepared or JobFailed.
	Prepare struct{ Job string }
	// Feed tells of a growing job's samples as they arrive: Extended, until the last of them; or JobFailed.
	Feed struct{ Job string }
	// Start runs a shard on a worker; then ShardProgress, and ShardDone or ShardFailed. Shards are counted on from phase to phase, the first of which is 0.
	Start struct {
		Job     string
		Phase   int
		Shard   int
		Range   shard.Range
		Attempt int
		Worker  string
	}
	// Stop ends an attempt, whose outcome no longer matters.
	Stop struct {
		Job            string
		Shard, Attempt int
	}
	// Accept writes a shard's result to the journal under a number, unless it holds one; then Accepted, however long it takes.
	Accept struct {
		Job    string
		Shard  int
		Number int
		Digest string
		Worker string
	}
	// Finish merges a job's results, given in shard order for each phase so far, and makes what they are for; then Finished or JobFailed.
	Finish struct {
		Job     string
		Digests [][]string
	}
	// Save writes a job's state to the journal.
	Save struct {
		Job      string
		State    State
		Error    Failure  // with Failed
		Progress Progress // with a final state
	}
	// Alarm reports two different results of one shard: the arithmetic of some worker is not what it announces.
	Alarm struct {
		Job       string
		Shard     int
		Have, Got string
		Worker    string // that made Got
	}
)

func (Prepare) effect() {}
func (Feed) effect()    {}
func (Start) effect()   {}
func (Stop) effect()    {}
func (Accept) effect()  {}
func (Finish) effect()  {}
func (Save) effect()    {}
func (Alarm) effect()   {}
