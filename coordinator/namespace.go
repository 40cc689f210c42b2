package coordinator

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/pkg/credential"
	"github.com/octetlite/octet/pkg/store"
)

// maxUploads bounds the uploads that a namespace has under way at a time, maxReads its downloads: each holds a file and some MiB, at whatever pace its client goes on.
const maxUploads, maxReads = 64, 64

// maxPushing bounds the memory that a namespace's streams of samples take before they are chunks of the store, in bytes.
const maxPushing = 1 << 30

// sees reports whether a blob is the caller's to read: one that its namespace uploaded, or that one of its jobs names. Who has no namespace sees all.
func (s *Server) sees(ctx context.Context, d store.Digest) (bool, error) {
	namespace := credential.CallerOf(ctx).Namespace
	if namespace == "" {
		return true, nil
	}
	s.mu.Lock()
	ours := s.published.names(namespace, string(d))
	s.mu.Unlock()
	if ours {
		return true, nil
	}
	return s.folder.Marked(namespace, d)
}

// own takes note that the caller's namespace has a blob.
func (s *Server) own(ctx context.Context, d store.Digest) error {
	namespace := credential.CallerOf(ctx).Namespace
	if namespace == "" {
		return nil
	}
	return s.folder.Mark(namespace, d)
}

// usages are what namespaces take up of the store.
type usages struct {
	mu  sync.Mutex
	all map[string]*usage
}

type usage struct {
	bytes   int64 // at rest, as far as is known; -1 before that is looked up
	coming  int64 // announced by uploads that are under way
	uploads int
	reads   chan struct{} // holds one for each download that is under way
	checks  chan struct{} // holds one while a blob is compared with its digest
	pushing int64         // bytes that streams of samples may take in memory
}

// begin takes note of an upload of so many bytes; RESOURCE_EXHAUSTED if a namespace has too many, or would have more bytes than limit, which is none if it is 0. done must be called with
// the bytes that came.
func (u *usages) begin(ctx context.Context, folder *store.Folder, namespace string, size, limit int64) (done func(came int64), err error) {
	if namespace == "" {
		return func(int64) {}, nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	n := u.of(namespace)
	if n.uploads == maxUploads {
		return nil, status.Errorf(codes.ResourceExhausted, "namespace %s has %d uploads under way, which is the limit", namespace, n.uploads)
	}
	if err := n.room(ctx, folder, namespace, size, limit); err != nil {
		return nil, err
	}
	n.uploads++
	n.coming += size
	return func(came int64) {
		u.mu.Lock()
		defer u.mu.Unlock()
		n.uploads--
		n.coming -= size
		if n.bytes >= 0 {
			n.bytes += came
		}
	}, nil
}

// read waits until a namespace may begin with one download more. done must be called when that is over.
func (u *usages) read(ctx context.Context, namespace string) (done func(), err error) {
	return u.enter(ctx, namespace, func(n *usage) chan struct{} { return n.reads })
}

// check waits until nobody else of a namespace has a blob compared with its digest. done must be called when that is over.
func (u *usages) check(ctx context.Context, namespace string) (done func(), err error) {
	return u.enter(ctx, namespace, func(n *usage) chan struct{} { return n.checks })
}

// enter waits for a place of a namespace; who has none need not wait.
func (u *usages) enter(ctx context.Context, namespace string, places func(*usage) chan struct{}) (done func(), err error) {
	if namespace == "" {
		return func() {}, nil
	}
	u.mu.Lock()
	all := places(u.of(namespace))
	u.mu.Unlock()
	select {
	case all <- struct{}{}:
		return func() { <-all }, nil
	case <-ctx.Done():
		return nil, status.FromContextError(ctx.Err()).Err()
	}
}

// push takes note of a call that pushes samples, and of the memory that it may need; RESOURCE_EXHAUSTED if that is more than a namespace may take. done must be called when it is over.
func (u *usages) push(namespace string, bytes int64) (done func(), err error) {
	if namespace == "" {
		return func() {}, nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	n := u.of(namespace)
	if bytes > maxPushing-n.pushing {
		return nil, status.Errorf(codes.ResourceExhausted, "namespace %s pushes samples for which %d bytes are kept in memory, and %d more would pass the limit of %d: push to fewer streams at a time",
			namespace, n.pushing, bytes, int64(maxPushing))
	}
	n.pushing += bytes
	return func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		n.pushing -= bytes
	}, nil
}

// of returns what a namespace takes up. The caller holds the lock.
func (u *usages) of(namespace string) *usage {
	if u.all == nil {
		u.all = map[string]*usage{}
	}
	n := u.all[namespace]
	if n == nil {
		n = &usage{bytes: -1, reads: make(chan struct{}, maxReads), checks: make(chan struct{}, 1)}
		u.all[namespace] = n
	}
	return n
}

// room returns RESOURCE_EXHAUSTED if so many bytes more would pass a namespace's limit, which is none if it is 0. The caller holds the lock.
func (n *usage) room(ctx context.Context, folder *store.Folder, namespace string, size, limit int64) (err error) {
	if limit == 0 {
		return nil
	}
	if n.bytes < 0 {
		if n.bytes, err = folder.Owned(ctx, namespace); err != nil {
			n.bytes = -1
			return storeStatus(err)
		}
	}
	if have := n.bytes + n.coming; size > limit-have {
		return status.Errorf(codes.ResourceExhausted, "namespace %s has %d bytes in the store, and %d more would pass its limit of %d: delete jobs that have ended, and wait until what nothing refers to is collected",
			namespace, have, size, limit)
	}
	return nil
}

// add takes note of so many bytes that a namespace puts into the store, if there is room for them.
func (u *usages) add(ctx context.Context, folder *store.Folder, namespace string, size, limit int64) error {
	if namespace == "" {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	n := u.of(namespace)
	err := n.room(ctx, folder, namespace, size, limit)
	if err == nil && n.bytes >= 0 {
		n.bytes += size
	}
	return err
}

// forget has what is at rest looked up again.
func (u *usages) forget() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, n := range u.all {
		n.bytes = -1
	}
}

// touched makes a blob that the caller sees count as new, since it is told that it need not upload it, and returns its size; false if it is not there for the caller.
func (b *blobService) touched(ctx context.Context, d store.Digest) (size int64, there bool, err error) {
	if sees, err := b.server.sees(ctx, d); err != nil || !sees {
		return 0, false, err
	}
	if err = b.folder.Touch(d); err == nil {
		size, err = b.folder.Stat(ctx, d)
	}
	if errors.Is(err, store.ErrNotFound) {
		return 0, false, nil
	}
	if err == nil {
		err = b.server.own(ctx, d)
	}
	return size, err == nil, err
}

// unseen is the error of a blob that is not there for a caller: the same whether it is there for others.
func unseen(d store.Digest) error {
	return storeStatus(fmt.Errorf("store: %w: %s", store.ErrNotFound, d))
}
