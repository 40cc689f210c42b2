package coordinator

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/octetlite/octet/pkg/store"
)

// expire removes jobs that ended long ago, then blobs that nothing refers to.
func (s *Server) expire(ctx context.Context) {
	s.mu.Lock()
	var old []Record
	for _, r := range s.published {
		if r.State.Final() && time.Since(r.Ended) > s.config.JobTTL {
			old = append(old, r)
		}
	}
	s.mu.Unlock()
	for _, r := range old {
		if err := s.forget(ctx, r); err != nil {
			s.log.Warn("expire_failed", zap.String("job", r.ID), zap.Error(err))
		}
	}
	blobs, bytes, err := s.collect(ctx, s.config.BlobGrace, false)
	if err != nil {
		s.log.Warn("collect_failed", zap.Error(err))
	}
	if blobs > 0 || len(old) > 0 {
		s.log.Info("collected", zap.Int("jobs", len(old)), zap.Int64("blobs", blobs), zap.Int64("bytes", bytes))
	}
}

// forget removes a job that is over.
func (s *Server) forget(ctx context.Context, r Record) error {
	if err := s.journal.Delete(ctx, r); err != nil {
		return err
	}
	s.mu.Lock()
	delete(s.records, r.ID)
	delete(s.published, r.ID)
	s.mu.Unlock()
	s.post(Deleted{Job: r.ID})
	return nil
}

// collect deletes blobs older than grace that no job refers to, and returns their number and bytes.
func (s *Server) collect(ctx context.Context, grace time.Duration, dryRun bool) (blobs, bytes int64, err error) {
	// The listing comes first: a job that is created after it was preceded by a touch of its blobs, which makes them young.
	limit := time.Now().Add(-grace)
	var old []store.Info
	for info, err := range s.folder.List(ctx) {
		if err != nil {
			return 0, 0, err
		}
		if !info.Modified.After(limit) {
			old = append(old, info)
		}
	}
	used, err := s.references(ctx)
	if err != nil {
		return 0, 0, err
	}
	for _, info := range old {
		if used[string(info.Digest)] {
			continue
		}
		if !dryRun {
			if err := s.folder.Delete(ctx, info.Digest); err != nil {
				return blobs, bytes, err
			}
		}
		blobs++
		bytes += info.Size
	}
	return blobs, bytes, nil
}

// references returns the digests of all blobs that jobs need.
func (s *Server) references(ctx context.Context) (map[string]bool, error) {
	s.mu.Lock()
	var all []Record
	for _, r := range s.records {
		all = append(all, *r)
	}
	s.mu.Unlock()
	used := map[string]bool{}
	for _, r := range all {
		for _, b := range r.blobs() {
			used[b] = true
		}
		if r.State.Final() {
			continue
		}
		results, err := s.journal.Accepted(ctx, r.ID)
		if err != nil {
			return nil, err
		}
		for _, d := range results {
			used[d] = true
		}
	}
	return used, nil
}
