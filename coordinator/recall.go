package coordinator

import (
	"cmp"
	"context"
	"slices"

	"go.uber.org/zap"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/store"
)

// recall looks for statistics that need not be measured again: those that the job itself merged before a restart, or those of an earlier job over the same model and
// dataset, the newest first, whether it succeeded in the end or not. What it finds is checked, and goes into the job's record, with the job that they are from, which is "" for the
// job itself; false if there is nothing.
//
// Statistics are kept for as long as a job refers to them.
func (s *Server) recall(ctx context.Context, r Record, job *convert.Job) (from string, ok bool) {
	for _, m := range s.candidates(r, job.Keys()) {
		if s.take(ctx, r.ID, job, m) {
			return m.From, true
		}
	}
	s.amend(r.ID, func(r *Record) { r.Measured = nil }) // whose blob was lost
	return "", false
}

// candidates returns statistics under one of some keys: the job's own first, which are all if it wants no others'.
func (s *Server) candidates(r Record, keys []string) (all []Measured) {
	if r.Measured != nil && slices.Contains(keys, r.Measured.Key) {
		all = append(all, *r.Measured)
	}
	if r.Spec.Fresh {
		return all
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for o := range s.published.before("") {
		if o.ID != r.ID && o.Namespace == r.Namespace && o.Measured != nil && slices.Contains(keys, o.Measured.Key) {
			all = append(all, Measured{o.Measured.Key, o.Measured.Stats, cmp.Or(o.Measured.From, o.ID)})
		}
	}
	return all
}

// take makes statistics those of a job, unless their blob is lost or is not what it should be.
func (s *Server) take(ctx context.Context, id string, job *convert.Job, m Measured) bool {
	// Held until the record refers to them; touched, so that a collection that is under way sees that they are in use.
	defer s.hold(m.Stats.Digest)()
	if err := s.folder.Touch(store.Digest(m.Stats.Digest)); err != nil {
		return false
	}
	if _, err := s.measured(ctx, job, m.Stats.Digest); err != nil {
		s.log.Warn("statistics_not_used", zap.String("job", id), zap.String("from", m.From), zap.Error(err))
		return false
	}
	s.amend(id, func(r *Record) { r.Measured = &m })
	return true
}

// measured reads statistics for a job.
func (s *Server) measured(ctx context.Context, job *convert.Job, digest string) (*calib.Stats, error) {
	data, err := s.read(ctx, "statistics", digest, maxStats)
	if err != nil {
		return nil, err
	}
	return job.Recall(data)
}
