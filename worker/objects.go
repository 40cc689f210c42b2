package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/sandbox"
	"github.com/octetlite/octet/pkg/store"
)

// A child reads objects in S3 and on HTTP servers through its parent, which has the network, the credentials, and the list of what jobs may read.

// maxPart bounds what a child asks for at a time, in bytes.
const maxPart = 1 << 20

// part is a part of an object.
type part struct {
	Object store.Object `json:"object"`
	Size   int64        `json:"size"` // of the object
	Offset int64        `json:"offset"`
	Bytes  int64        `json:"bytes"`
}

// What an answer begins with.
const (
	partBytes = 0 // they follow
	partFault = 1 // why the job can't go on follows
)

// object answers a child's question for a part of an object, or notes that it will be read soon.
func (p *pinned) object(ctx context.Context, read bool, request []byte) ([]byte, error) {
	var q part
	if err := json.Unmarshal(request, &q); err != nil {
		return nil, err
	}
	if q.Offset < 0 || q.Bytes < 0 || read && q.Bytes > maxPart {
		return nil, fmt.Errorf("%d bytes at %d of an object", q.Bytes, q.Offset)
	}
	q.Object.Size = q.Size
	data, err := p.read(ctx, read, q)
	if err != nil && elsewhere(err) {
		return append([]byte{partFault}, err.Error()...), nil
	}
	return data, err
}

func (p *pinned) read(ctx context.Context, read bool, q part) ([]byte, error) {
	if p.objects == nil {
		return nil, dataset.ErrElsewhere
	}
	blob, err := p.objects.OpenObject(ctx, q.Object)
	if err != nil {
		return nil, err
	}
	defer blob.Close()
	if !read {
		if ahead, ok := blob.(dataset.Prefetcher); ok && ahead.Prefetch(q.Offset, q.Bytes) {
			return []byte{partBytes}, nil
		}
		return nil, nil
	}
	answer := make([]byte, 1+q.Bytes)
	n, err := blob.ReadAt(answer[1:], q.Offset)
	if err != nil && !(errors.Is(err, io.EOF) && n > 0) {
		return nil, err
	}
	return answer[:1+n], nil
}

// askedObjects are objects that the parent reads. They implement dataset.Objects for those who open datasets.
type askedObjects struct{ parent *sandbox.Caller }

// Stat implements dataset.Objects.
func (askedObjects) Stat(context.Context, string) (store.Object, error) {
	return store.Object{}, dataset.ErrElsewhere
}

// List implements dataset.Objects.
func (askedObjects) List(context.Context, string) ([]store.Object, error) {
	return nil, dataset.ErrElsewhere
}

// OpenObject implements dataset.Objects. The parent opens it when it is read.
func (a askedObjects) OpenObject(ctx context.Context, o store.Object) (store.Blob, error) {
	return &askedObject{object: o, asks: func(name string, request []byte) ([]byte, error) { return a.parent.Ask(ctx, name, request) }}, nil
}

// A question takes longer than to copy some samples. So what is small brings what lies behind it, for those who read on.
const (
	smallRead = 64 << 10  // bytes
	readAhead = 256 << 10 // bytes
)

// askedObject is an object that is open.
type askedObject struct {
	object store.Object
	asks   func(name string, request []byte) ([]byte, error)

	mu   sync.Mutex
	last []byte // what the last small read brought
	at   int64  // where that begins
}

// Size implements store.Blob.
func (a *askedObject) Size() int64 { return a.object.Size }

// Close implements store.Blob.
func (a *askedObject) Close() error { return nil }

func (a *askedObject) ask(name string, offset, n int64) ([]byte, error) {
	request, err := json.Marshal(part{a.object, a.object.Size, offset, n})
	if err != nil {
		return nil, err
	}
	return a.asks(name, request)
}

// ReadAt implements io.ReaderAt.
func (a *askedObject) ReadAt(p []byte, offset int64) (int, error) {
	for n := 0; ; {
		at := offset + int64(n)
		left := min(int64(len(p)-n), a.object.Size-at)
		if left <= 0 {
			if n < len(p) {
				return n, io.EOF
			}
			return n, nil
		}
		data, err := a.some(at, left)
		if err != nil {
			return n, err
		}
		n += copy(p[n:], data)
	}
}

// some returns bytes from an offset on, at least one; n are wanted. The caller must not change them.
func (a *askedObject) some(at, n int64) ([]byte, error) {
	if n > smallRead {
		return a.fetch(at, min(n, maxPart))
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if at < a.at || at >= a.at+int64(len(a.last)) {
		data, err := a.fetch(at, min(readAhead, a.object.Size-at))
		if err != nil {
			return nil, err
		}
		a.last, a.at = data, at
	}
	return a.last[at-a.at:], nil
}

// fetch asks the parent for at most maxPart bytes, and returns at least one.
func (a *askedObject) fetch(at, n int64) ([]byte, error) {
	answer, err := a.ask(readCall, at, n)
	switch {
	case err != nil:
		return nil, err
	case len(answer) > 1 && answer[0] == partFault:
		return nil, &fault{errors.New(string(answer[1:]))}
	case len(answer) < 2 || answer[0] != partBytes:
		return nil, io.ErrNoProgress
	}
	return answer[1:], nil
}

// Prefetch implements dataset.Prefetcher.
func (a *askedObject) Prefetch(offset, n int64) bool {
	answer, err := a.ask(wantCall, offset, n) // who reads finds out what is wrong
	return err == nil && len(answer) > 0
}
