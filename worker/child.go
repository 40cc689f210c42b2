package worker

import (
	"context"
	"encoding/binary"
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
	b := newBench(models)
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
