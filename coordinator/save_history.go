package coordinator

import (
	"context"
	"errors"
	"maps"
	"time"

	"go.uber.org/zap"
)

// recordEvery is the time between two writes of histories: what happened since the last one is lost when a coordinator is killed.
const recordEvery = 5 * time.Second

// keepHistory takes up what earlier terms recorded, and records what happens every now and then, until the term ends. A journal that does not take it costs a warning and nothing else.
func (s *Server) keepHistory(ctx context.Context) {
	var records map[string]HistoryRecord
	err := s.persist(ctx, "", func(ctx context.Context) (err error) {
		records, err = s.Journal.Histories(ctx)
		return err
	})
	if err != nil {
		return // the term is over
	}
	s.mu.Lock()
	maps.DeleteFunc(records, func(id string, _ HistoryRecord) bool { return s.jobs[id] == nil })
	s.history.restore(records, func(id string) bool { return s.jobs[id].State.Final() })
	s.mu.Unlock()
	for sleep(ctx, recordEvery) {
		s.recordHistory(ctx)
	}
	s.recordHistory(ctx)
}

// recordHistory writes what is new of jobs.
func (s *Server) recordHistory(ctx context.Context) {
	s.mu.Lock()
	ids := s.history.news()
	s.mu.Unlock()
	for _, id := range ids {
		s.mu.Lock()
		r, ok := s.history.record(id)
		s.mu.Unlock()
		if !ok {
			continue
		}
		err := s.once(ctx, func(ctx context.Context) error { return s.Journal.SaveHistory(ctx, id, r) })
		switch {
		case errors.Is(err, ErrDeposed):
			return
		case err != nil && !errors.Is(err, ErrGone):
			s.log.Warn("history_not_recorded", zap.String("job", id), zap.Error(err))
			if ctx.Err() != nil {
				return // who stops does not wait for a journal that is away
			}
		}
	}
}
