package coordinator

import (
	"context"
	"errors"

	"go.uber.org/zap"

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
	digests := r.blobs()
	if d := r.dataset(); d != nil {
		m, err := s.manifest(ctx, d.Digest)
		if err != nil {
			s.log.Warn("inspection_failed", zap.String("job", r.ID), zap.Error(err))
			return
		}
		for _, b := range m.Refs() {
			digests = append(digests, string(b.Digest))
		}
	}
	for _, d := range digests {
		if _, err := s.sound(ctx, store.Digest(d)); err != nil && ctx.Err() == nil {
			s.log.Warn("inspection_failed", zap.String("job", r.ID), zap.Error(err))
		}
	}
}
