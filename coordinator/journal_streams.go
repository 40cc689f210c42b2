package coordinator

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/octetlite/octet/pkg/dataset"
)

// StreamRecord is a stream of samples as the journal keeps it.
type StreamRecord struct {
	ID        string          `json:"id"`
	Namespace string          `json:"namespace,omitempty"` // of the client
	Inputs    []dataset.Input `json:"inputs"`
	Created   time.Time       `json:"created"`
	Changed   time.Time       `json:"changed"` // when it was created, took samples or was finished
	Samples   int             `json:"samples"` // committed
	// Pieces are the committed samples behind the last full chunk, in order.
	Pieces []Blob `json:"pieces,omitempty"`
	// Dataset is the manifest, once the stream is finished.
	Dataset *Blob `json:"dataset,omitempty"`
	// Chunks are those that are full, and that at the end of a finished stream. The journal has a key for each; Count says how many of them count.
	Chunks []Blob `json:"-"`
	Count  int    `json:"chunks"`
}

// streamKey identifies a stream: each namespace has ids of its own.
func streamKey(namespace, id string) string { return namespace + "\x00" + id }

func (r *StreamRecord) key() string { return streamKey(r.Namespace, r.ID) }

// StreamJournal keeps streams of samples over restarts. Writes of a coordinator that leads no longer change nothing: ErrDeposed.
type StreamJournal interface {
	// LoadStreams returns all streams.
	LoadStreams(ctx context.Context) ([]StreamRecord, error)
	// SaveStream adds a stream, or overwrites it. The journal has its first chunks already, as many as are said; of the others there may be one.
	SaveStream(ctx context.Context, r StreamRecord, chunks int) error
	// DeleteStream removes a stream.
	DeleteStream(ctx context.Context, r StreamRecord) error
}

func (j *EtcdJournal) streamHash(r *StreamRecord) string {
	sum := sha256.Sum256([]byte(r.key()))
	return hex.EncodeToString(sum[:])
}

func (j *EtcdJournal) stream(r *StreamRecord) string { return j.prefix + "/streams/" + j.streamHash(r) }

func (j *EtcdJournal) chunks(r *StreamRecord) string {
	return j.prefix + "/chunks/" + j.streamHash(r) + "/"
}

// chunkName is one that is ordered as its number is.
func chunkName(i int) string { return fmt.Sprintf("%08d", i) }

// LoadStreams implements StreamJournal.
func (j *EtcdJournal) LoadStreams(ctx context.Context) ([]StreamRecord, error) {
	var all []StreamRecord
	err := j.records(ctx, j.prefix+"/streams/", func(key string, value []byte) error {
		var r StreamRecord
		if err := json.Unmarshal(value, &r); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		all = append(all, r)
		return nil
	})
	for i := 0; i < len(all) && err == nil; i++ {
		r := &all[i]
		err = j.each(ctx, j.chunks(r), func(key string, value []byte) error {
			if len(r.Chunks) == r.Count {
				return nil // of a write of which nobody learnt that it succeeded, and which was repeated in other pieces
			}
			if name := strings.TrimPrefix(key, j.chunks(r)); name != chunkName(len(r.Chunks)) {
				return fmt.Errorf("stream %q: chunk %s where %s was expected", r.ID, name, chunkName(len(r.Chunks)))
			}
			var b Blob
			err := json.Unmarshal(value, &b)
			r.Chunks = append(r.Chunks, b)
			return err
		})
		if err == nil && len(r.Chunks) != r.Count {
			err = fmt.Errorf("stream %q has %d chunks, want %d", r.ID, len(r.Chunks), r.Count)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("journal: load streams: %w", err)
	}
	return all, nil
}

// SaveStream implements StreamJournal.
func (j *EtcdJournal) SaveStream(ctx context.Context, r StreamRecord, chunks int) error {
	value, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	ops := []clientv3.Op{clientv3.OpPut(j.stream(&r), string(value))}
	for i := chunks; i < len(r.Chunks); i++ {
		value, err := json.Marshal(r.Chunks[i])
		if err != nil {
			return fmt.Errorf("journal: %w", err)
		}
		ops = append(ops, clientv3.OpPut(j.chunks(&r)+chunkName(i), string(value)))
	}
	if err := j.replace(ctx, j.stream(&r), true, string(value), ops); err != nil {
		return fmt.Errorf("journal: save stream %q: %w", r.ID, err)
	}
	return nil
}

// DeleteStream implements StreamJournal.
func (j *EtcdJournal) DeleteStream(ctx context.Context, r StreamRecord) error {
	err := j.replace(ctx, j.stream(&r), false, "", []clientv3.Op{clientv3.OpDelete(j.stream(&r)), clientv3.OpDelete(j.chunks(&r), clientv3.WithPrefix())})
	if err != nil && !errors.Is(err, ErrGone) {
		return fmt.Errorf("journal: delete stream %q: %w", r.ID, err)
	}
	j.seen.set(j.stream(&r), 0)
	return nil
}

// LoadStreams implements StreamJournal.
func (j *MemoryJournal) LoadStreams(context.Context) ([]StreamRecord, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var all []StreamRecord
	for _, r := range j.streams {
		all = append(all, r)
	}
	return all, nil
}

// SaveStream implements StreamJournal.
func (j *MemoryJournal) SaveStream(_ context.Context, r StreamRecord, _ int) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.streams[r.key()] = r
	return nil
}

// DeleteStream implements StreamJournal.
func (j *MemoryJournal) DeleteStream(_ context.Context, r StreamRecord) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.streams, r.key())
	return nil
}
