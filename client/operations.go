package client

import (
	"context"
	"fmt"
	"time"

	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// Explanation is what became of a job.
type Explanation struct {
	Job           Job           `json:"job"`
	Reasons       []string      `json:"reasons"` // why it is where it is, for a person
	States        []StateChange `json:"states"`
	Workers       []Share       `json:"workers"`
	Attempts      []Attempt     `json:"attempts"`       // the latest, in the order in which they began
	AttemptsTotal int           `json:"attempts_total"` // begun
	KnownSince    time.Time     `json:"known_since"`    // what happened before is not known
}

// StateChange is when a job came into a state.
type StateChange struct {
	State State     `json:"state"`
	Time  time.Time `json:"time"`
}

// Share is what a worker did for a job.
type Share struct {
	Worker   string   `json:"worker"`
	Attempts int      `json:"attempts"`
	Accepted int      `json:"accepted"`
	Failed   int      `json:"failed"`
	Samples  int      `json:"samples"`
	Busy     Duration `json:"busy_seconds"`
}

// Attempt is one try to run a shard on a worker.
type Attempt struct {
	Phase   int       `json:"phase"`
	Shard   int       `json:"shard"`
	Attempt int       `json:"attempt"`
	Worker  string    `json:"worker"`
	First   int       `json:"first_sample"`
	Samples int       `json:"samples"`
	Done    int       `json:"samples_done"`
	Start   time.Time `json:"start"`
	End     time.Time `json:"end,omitzero"`
	Outcome string    `json:"outcome"` // "running", "accepted", "failed", …: docs/operations.md has the list
	Error   string    `json:"error,omitempty"`
	Lost    bool      `json:"worker_lost,omitempty"`
}

// Cluster is a cluster at a moment.
type Cluster struct {
	Time      time.Time     `json:"time"`
	Leader    string        `json:"leader"`
	Term      int64         `json:"term"`
	TermStart time.Time     `json:"term_start"`
	Version   string        `json:"version"`
	Numerics  int           `json:"numerics"`
	Waiting   int           `json:"shards_waiting"`
	Running   int           `json:"shards_running"`
	Samples   int64         `json:"samples"` // computed since the term began
	Counts    map[State]int `json:"job_counts"`
	Workers   []Worker      `json:"workers"`
	Jobs      []Job         `json:"jobs"` // those that are not over first
	// Namespaces that have jobs that are not over, or a weight of their own, as far as the caller may see them.
	Namespaces []Namespace `json:"namespaces"`
}

// Namespace is one among those that share the workers.
type Namespace struct {
	Name    string `json:"name"`
	Weight  int    `json:"weight"`
	Jobs    int    `json:"jobs"` // that are not over
	Waiting int    `json:"shards_waiting"`
	Running int    `json:"shards_running"`
}

// Worker is a worker of a cluster.
type Worker struct {
	ID        string    `json:"id"`
	Addr      string    `json:"addr,omitempty"`
	Slots     int       `json:"slots"`
	Running   int       `json:"running"`
	Numerics  int       `json:"numerics"`
	Version   string    `json:"version"`
	Samples   int64     `json:"samples"`
	Succeeded int64     `json:"succeeded"` // attempts
	Failed    int64     `json:"failed"`
	Resting   time.Time `json:"resting_until,omitzero"`
	Since     time.Time `json:"since"`
	Memory    int64     `json:"memory,omitempty"`       // bytes for models and shards; 0 if it does not tell
	Taken     int64     `json:"memory_taken,omitempty"` // of those, by the shards that it was given
}

// Duration is a time.Duration that JSON has in seconds.
type Duration time.Duration

// MarshalJSON implements json.Marshaler.
func (d Duration) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, "%.3f", time.Duration(d).Seconds()), nil
}

// Explain tells what became of a job, with at most so many attempts; 0 for the coordinator's own bound.
func (c *Client) Explain(ctx context.Context, id string, attempts int) (Explanation, error) {
	resp, err := c.operations.ExplainJob(ctx, &octetv1.ExplainJobRequest{Id: id, MaxAttempts: int32(attempts)})
	if err != nil {
		return Explanation{}, jobError(ctx, id, err)
	}
	return explanationFromWire(resp), nil
}

// Cluster returns how the cluster is, with at most so many jobs; 0 for the coordinator's own bound.
func (c *Client) Cluster(ctx context.Context, jobs int) (Cluster, error) {
	resp, err := c.operations.GetCluster(ctx, &octetv1.GetClusterRequest{MaxJobs: int32(jobs)})
	if err != nil {
		return Cluster{}, failed(ctx, "cluster", err)
	}
	return clusterFromWire(resp), nil
}
