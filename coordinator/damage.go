package coordinator

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/pkg/store"
)

// sound reports whether a blob is there and what its digest names. One that is not is removed, so that whoever needs it puts it there anew.
func (s *Server) sound(ctx context.Context, d store.Digest) (bool, error) {
	err := s.folder.Check(ctx, d)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return false, nil
	case errors.Is(err, store.ErrCorrupt):
		s.log.Error("blob_damaged", zap.String("blob", string(d)), zap.Error(err))
		return false, s.folder.Delete(ctx, d)
	}
	return err == nil, err
}

// inspect looks for damaged blobs among those that workers read for a job, which failed for no fault of its own: nobody else would notice, and a repeat would fail as well.
func (s *Server) inspect(ctx context.Context, r Record) {
	s.inspections.Lock()
	defer s.inspections.Unlock()
	digests, err := s.needs(ctx, r)
	if err != nil {
		s.log.Warn("inspection_failed", zap.String("job", r.ID), zap.Error(err))
	}
	for _, d := range digests {
		if _, err := s.sound(ctx, store.Digest(d)); err != nil && ctx.Err() == nil {
			s.log.Warn("inspection_failed", zap.String("job", r.ID), zap.Error(err))
		}
	}
}

// needs returns the digests of what workers read for a job, as far as they are known.
func (s *Server) needs(ctx context.Context, r Record) ([]string, error) {
	digests := r.blobs()
	d := r.dataset()
	if d == nil {
		return digests, nil
	}
	m, err := s.manifest(ctx, d.Digest)
	if err != nil {
		return digests, err
	}
	for _, b := range m.Refs() {
		digests = append(digests, string(b.Digest))
	}
	return digests, nil
}

// lost reports whether a worker failed since the store does not hold what the job needs, or holds something else. All workers would fail, and rest for it, which would keep other
// jobs waiting. What the worker says is where to look, and no more than that.
func (s *Server) lost(ctx context.Context, r Record, err error) bool {
	said := status.Convert(err)
	if said.Code() != codes.Unavailable || !strings.Contains(said.Message(), store.ErrCorrupt.Error()) && !strings.Contains(said.Message(), store.ErrNotFound.Error()) {
		return false
	}
	s.inspections.Lock()
	defer s.inspections.Unlock()
	digests, _ := s.needs(ctx, r) // those of a manifest that can't be read are not known, and the manifest is among the others
	return slices.ContainsFunc(digests, func(d string) bool {
		if !strings.Contains(said.Message(), d[:named]) {
			return false
		}
		ok, err := s.sound(ctx, store.Digest(d))
		return err == nil && !ok
	})
}

// named is how much of a digest errors tell at least.
const named = 12

// troubleEvery is the least time between two lines of the log about a store that fails.
const troubleEvery = 10 * time.Second

// trouble gives an error of the store its status code, if it has none. What is wrong with the disk is for the log; clients learn what it is, and not where.
func (s *Server) trouble(err error) error {
	said := statusOf(err)
	path, ok := errors.AsType[*fs.PathError](err)
	if !ok || status.Code(said) != codes.Unavailable {
		return said
	}
	s.mu.Lock()
	now := time.Now()
	quiet := now.Sub(s.troubled) < troubleEvery
	if !quiet {
		s.troubled = now
	}
	s.mu.Unlock()
	if !quiet {
		s.log.Error("store_failed", zap.Error(err))
	}
	return status.Errorf(codes.Unavailable, "the coordinator's store: %v", path.Err)
}
