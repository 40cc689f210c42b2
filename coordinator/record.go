package coordinator

import (
	"time"

	"github.com/octetlite/octet/pkg/convert"
)

// Blob names a blob of the store.
type Blob struct {
	Digest string `json:"digest"` // hex sha256
	Size   int64  `json:"size"`
}

// Spec says what a job converts, and how.
type Spec struct {
	Source     Blob            `json:"source"`
	SourceName string          `json:"source_name"`
	Options    convert.Options `json:"options"`
	Dataset    *Blob           `json:"dataset,omitempty"` // the manifest
	Ranges     *Blob           `json:"ranges,omitempty"`
	RangesName string          `json:"ranges_name,omitempty"`
}

// Result is what a job made.
type Result struct {
	Model  Blob  `json:"model"`
	Stats  *Blob `json:"stats,omitempty"`
	Report *Blob `json:"report,omitempty"`
}

// Record is a job as the journal keeps it.
type Record struct {
	ID        string    `json:"id"`
	RequestID string    `json:"request_id"`
	Spec      Spec      `json:"spec"`
	State     State     `json:"state"`
	Numerics  int       `json:"numerics"`
	Created   time.Time `json:"created"`
	Ended     time.Time `json:"ended,omitzero"`
	Result    *Result   `json:"result,omitempty"`
	Error     *Failure  `json:"error,omitempty"`
	// Float is the float model that shards run, once the job is prepared.
	Float Blob `json:"float,omitzero"`
	// Refs are the digests of blobs that the job needs beside those that other fields name: the dataset's own.
	Refs []string `json:"refs,omitempty"`
}

// blobs returns the digests of all blobs that the job needs or made.
func (r *Record) blobs() []string {
	all := append([]string{r.Spec.Source.Digest, r.Float.Digest}, r.Refs...)
	optional := []*Blob{r.Spec.Dataset, r.Spec.Ranges}
	if r.Result != nil {
		all = append(all, r.Result.Model.Digest)
		optional = append(optional, r.Result.Stats, r.Result.Report)
	}
	for _, b := range optional {
		if b != nil {
			all = append(all, b.Digest)
		}
	}
	return all
}
