package coordinator

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/store"
)

// lookEvery is the time between two looks at the clocks: one that is set back and forward again within it is not noticed.
const lookEvery = 5 * time.Second

// collectOften removes what has expired, from time to time.
func (s *Server) collectOften(ctx context.Context) {
	every := time.NewTicker(s.config.CollectEvery)
	defer every.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		s.recordClock(ctx)
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		case <-every.C:
			s.expire(ctx)
		}
	}
}

// expire removes jobs that ended long ago, then blobs that nothing refers to, and uploads that nobody goes on with.
func (s *Server) expire(ctx context.Context) {
	limit := s.agesAgo(s.config.JobTTL)
	s.mu.Lock()
	var old []Record
	for r := range s.published.before("") {
		if r.State.Final() && r.Ended.Before(limit) {
			old = append(old, r)
		}
	}
	s.mu.Unlock()
	for _, r := range old {
		if err := s.forget(ctx, r); err != nil {
			s.log.Warn("expire_failed", zap.String("job", r.ID), zap.Error(err))
		}
	}
	streams := s.expireStreams(ctx)
	blobs, bytes, err := s.collect(ctx, s.config.BlobGrace, false)
	if err != nil {
		s.log.Warn("collect_failed", zap.Error(err))
	}
	uploads, uploaded, err := s.folder.ExpireUploads(s.agesAgo(s.config.UploadTTL), func() error { return s.stillLeads(ctx) })
	if err != nil {
		s.log.Warn("expire_uploads_failed", zap.Error(err))
	}
	if blobs > 0 || uploads > 0 || len(old) > 0 || streams > 0 {
		s.log.Info("collected", zap.Int("jobs", len(old)), zap.Int("streams", streams), zap.Int64("blobs", blobs), zap.Int64("uploads", uploads), zap.Int64("bytes", bytes+uploaded))
	}
}

// forget removes a job that is over.
func (s *Server) forget(ctx context.Context, r Record) error {
	if err := s.once(ctx, func(ctx context.Context) error { return s.writer().Delete(ctx, r) }); err != nil {
		return err
	}
	s.mu.Lock()
	delete(s.jobs, r.ID)
	s.published.remove(r.ID)
	s.mu.Unlock()
	s.post(Deleted{Job: r.ID})
	return nil
}

// collect deletes blobs older than grace that no job refers to, and returns their number and bytes.
//
// Who relies on a blob that no job refers to yet touches it first, or holds it. So what is deleted must have been old before the references were
// taken stock of, and must be as it was then. In between this coordinator must have led: one that was stopped and goes on knows nothing of what its successor's jobs refer to.
func (s *Server) collect(ctx context.Context, grace time.Duration, dryRun bool) (blobs, bytes int64, err error) {
	s.collects.Lock()
	defer s.collects.Unlock()
	limit := s.agesAgo(grace)
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
	if now := s.agesAgo(grace); now.Before(limit) { // the clock was set back: who touched a blob since stamped it so
		limit = now
	}
	old = slices.DeleteFunc(old, func(i store.Info) bool { return used[string(i.Digest)] || i.Modified.After(limit) })
	if !dryRun {
		if old, err = s.remove(ctx, old); err != nil {
			return 0, 0, err
		}
	}
	for _, info := range old {
		blobs++
		bytes += info.Size
	}
	if dryRun {
		return blobs, bytes, nil
	}
	s.usages.forget()
	return blobs, bytes, s.folder.Unmark(ctx, limit)
}

// stillLeads asks the journal, whose answer is fenced, whether this coordinator leads. One that was stopped, and goes on, does not know by itself.
func (s *Server) stillLeads(ctx context.Context) error {
	_, err := s.writer().LoadClock(ctx)
	return err
}

// remove deletes those of some blobs that are as they were when they were listed, if this coordinator leads, and returns them.
func (s *Server) remove(ctx context.Context, old []store.Info) (gone []store.Info, err error) {
	if len(old) == 0 {
		return nil, nil
	}
	if err := s.stillLeads(ctx); err != nil {
		return nil, err
	}
	for _, info := range old {
		deleted, err := s.folder.DeleteUnchanged(info)
		if err != nil {
			return nil, err
		}
		if deleted {
			gone = append(gone, info)
		}
	}
	return gone, nil
}

// references returns the digests of all blobs that are held or that jobs need, those that datasets consist of among them.
func (s *Server) references(ctx context.Context) (map[string]bool, error) {
	s.mu.Lock()
	used := map[string]bool{}
	for d := range s.held {
		used[d] = true
	}
	var all []Record
	for _, e := range s.jobs {
		all = append(all, e.Record)
		if !e.State.Final() {
			for _, b := range e.parts {
				used[b.Digest] = true
			}
		}
	}
	s.useStreams(used)
	s.mu.Unlock()
	datasets := map[string]bool{}
	for _, r := range all {
		for _, b := range r.blobs() {
			used[b] = true
		}
		if d := r.dataset(); d != nil && !datasets[d.Digest] {
			datasets[d.Digest] = true
			if err := s.useDataset(ctx, d.Digest, used); err != nil {
				return nil, err
			}
		}
		if r.State.Final() {
			continue
		}
		results, err := s.writer().Accepted(ctx, r.ID)
		if err != nil {
			return nil, err
		}
		for _, d := range results {
			used[d] = true
		}
	}
	return used, nil
}

// useDataset adds the blobs that a dataset consists of. A manifest that is not there or not one refers to nothing.
func (s *Server) useDataset(ctx context.Context, digest string, used map[string]bool) error {
	m, err := s.manifest(ctx, digest)
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrCorrupt), convert.KindOf(err) == convert.BadInput:
		return nil
	case err != nil:
		return err
	}
	for _, b := range m.Refs() {
		used[string(b.Digest)] = true
	}
	return nil
}
