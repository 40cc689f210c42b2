package worker

import (
	"context"
	"encoding/binary"
	"math"
	"runtime/debug"
	"time"

	"github.com/octetlite/octet/pkg/sandbox"
	"github.com/octetlite/octet/pkg/store"
)

// What a worker and its child call things.
const (
	runCall  = "shard" // a RunShardRequest; yields a verdict
	openCall = "open"  // a digest; yields the path of a file
	readCall = "read"  // a part of an object elsewhere, as JSON; yields its bytes, or a fault
	wantCall = "want"  // a part of an object that will be read soon; yields something if there is room for it
)

// tellEvery is the least time between two words of a shard's progress.
const tellEvery = 50 * time.Millisecond

// Child returns the calls that a worker makes in its sandbox. models is the number of models kept ready in memory.
func Child(models int) map[string]sandbox.Handler {
	b := newBench(models, keptBytes())
	return map[string]sandbox.Handler{runCall: func(ctx context.Context, c *sandbox.Caller, request []byte) ([]byte, error) {
		t, err := taskFromBytes(request)
		if err != nil {
			return nil, err
		}
		c.Tell(progressed(0))
		last := time.Now()
		data, err := b.result(ctx, askedBlobs{c}, askedObjects{c}, t, func(done int64) {
			if now := time.Now(); now.Sub(last) >= tellEvery {
				last = now
				c.Tell(progressed(done))
			}
		})
		return verdictToBytes(data, err)
	}}
}

// How a child's bound of memory is divided: into what coordinators plan with, for models and shards that run, and what models take that are only kept ready. The rest stays free: from there
// on the collector works harder.
const (
	plannedParts = 6
	keptParts    = 1
	allParts     = 8
)

// Planned returns what of a child's bound of memory coordinators may plan with, in bytes.
func Planned(bound int64) int64 { return bound / allParts * plannedParts }

// keptBytes returns what models that are kept ready may take in this process, a child; 0 if its memory has no bound.
func keptBytes() int64 {
	limit := debug.SetMemoryLimit(-1)
	if limit == math.MaxInt64 {
		return 0
	}
	return limit / (allParts - 1) * keptParts
}

// progressed says how many samples are done.
func progressed(done int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(done)) }

// askedBlobs are blobs that the parent has in files.
type askedBlobs struct{ parent *sandbox.Caller }

// Open implements store.Opener.
func (a askedBlobs) Open(ctx context.Context, d store.Digest) (store.Blob, error) {
	path, err := a.parent.Ask(ctx, openCall, []byte(d))
	if err != nil {
		return nil, err
	}
	return store.OpenFile(string(path))
}
