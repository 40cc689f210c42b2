package worker

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"go.uber.org/zap"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/sandbox"
	"github.com/octetlite/octet/pkg/store"
)

// sandboxed computes a shard's result in a child.
func (s *Server) sandboxed(ctx context.Context, source *cached, t task, progress func(done int64), log *zap.Logger) ([]byte, error) {
	blobs := &pinned{source: source, folder: s.folder, objects: s.config.Objects, open: map[store.Digest]io.Closer{}}
	defer blobs.close()
	known := int64(0)
	request, err := taskToBytes(t)
	if err != nil {
		return nil, err
	}
	data, err := s.config.Sandbox.Call(ctx, runCall, request, sandbox.Host{
		Told: func(data []byte) {
			if len(data) == 8 {
				known = min(int64(binary.BigEndian.Uint64(data)), int64(t.samples.Len()))
				progress(known)
			}
		},
		Asked: blobs.answer,
	})
	if d, died := errors.AsType[*sandbox.Death](err); died {
		log.Error("sandbox_died_twice", zap.String("cause", string(d.Cause)), zap.String("state", d.State), zap.String("stderr", d.Stderr))
		return nil, fatal(t, known, d)
	}
	if p, broken := errors.AsType[*sandbox.Panic](err); broken {
		log.Error("panic", zap.String("value", p.Value), zap.String("stack", p.Stack))
		return nil, status.Error(codes.Internal, p.Error())
	}
	if err != nil {
		return nil, err
	}
	return verdictFromBytes(data)
}

// fatal is the fault of a shard that took two children along. known is how many of its samples were done then, at least.
func fatal(t task, known int64, d *sandbox.Death) error {
	first := t.samples.First + int(known)
	where := fmt.Sprintf("one of samples %d to %d", first, t.samples.Last-1)
	if first >= t.samples.Last-1 {
		where = fmt.Sprintf("sample %d", t.samples.Last-1)
	}
	err := fmt.Errorf("the model, or %s, took the process that ran it along, twice: %w%s", where, d, wayOut[d.Cause])
	switch d.Cause {
	case sandbox.Memory, sandbox.Stack, sandbox.Silent:
		return &fault{err}
	default:
		return &crash{err}
	}
}

// wayOut is what an operator can do about a bound that is too narrow.
var wayOut = map[sandbox.Cause]string{
	sandbox.Memory: " (workers allow more with --sandbox-memory)", sandbox.Silent: " (workers wait longer with --sample-timeout)",
}

// pinned are the blobs that a shard has asked for, which stay in the cache until it ends.
type pinned struct {
	source  *cached
	folder  *store.Folder
	objects dataset.Objects // nil for none
	mu      sync.Mutex
	open    map[store.Digest]io.Closer
}

// answer answers a child's question: it fetches a blob and says where it lies, or reads of an object.
func (p *pinned) answer(ctx context.Context, name string, data []byte) ([]byte, error) {
	switch name {
	case openCall:
	case readCall, wantCall:
		return p.object(ctx, name == readCall, data)
	default:
		return nil, fmt.Errorf("unknown question %q", name)
	}
	d, err := store.Parse(string(data))
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	there := p.open[d] != nil
	p.mu.Unlock()
	if !there {
		blob, err := p.source.Open(ctx, d)
		if err != nil {
			return nil, err
		}
		p.keep(d, blob)
	}
	path, err := p.folder.Path(d)
	return []byte(path), err
}

func (p *pinned) keep(d store.Digest, blob io.Closer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil || p.open[d] != nil { // the shard is over, or another question was faster
		_ = blob.Close()
		return
	}
	p.open[d] = blob
}

func (p *pinned) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range p.open {
		_ = b.Close()
	}
	p.open = nil
}
