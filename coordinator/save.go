package coordinator

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/octetlite/octet/internal/failpoint"
)

const (
	// journalTimeout bounds one write to the journal, and how long a server that stops waits for the last one.
	journalTimeout = 5 * time.Second
	// journalPause lies between two attempts to write.
	journalPause = time.Second
)

// persist writes to the journal, or reads from it, for as long as it takes: a journal that is away for a while fails no job. A write that is under
// way when the context ends may come to its end. ErrGone, ErrOver, ErrDeposed and the end of the context are errors.
func (s *Server) persist(ctx context.Context, job string, write func(ctx context.Context) error) error {
	for {
		err := s.once(ctx, write)
		if err == nil || errors.Is(err, ErrGone) || errors.Is(err, ErrOver) || errors.Is(err, ErrDeposed) {
			return err
		}
		s.log.Warn("journal_failed", zap.String("job", job), zap.Error(err))
		if !sleep(ctx, journalPause) {
			return ctx.Err()
		}
	}
}

// once is persist with a single try. A coordinator that learns so that it leads no longer ends its term.
func (s *Server) once(ctx context.Context, write func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), journalTimeout)
	defer cancel()
	err := write(ctx)
	if errors.Is(err, ErrDeposed) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.depose()
	}
	return err
}

// save writes records to the journal in order, and shows clients what is written. When the context ends it tries to write what is left.
func (s *Server) save(ctx context.Context) {
	for {
		select {
		case <-s.saveReady:
		case <-ctx.Done():
		}
		for r, ok := s.nextSave(); ok; r, ok = s.nextSave() {
			failpoint.Hit(failpoint.Save)
			err := s.persist(ctx, r.ID, func(ctx context.Context) error { return s.Journal.Save(ctx, r) })
			if err != nil && !errors.Is(err, ErrGone) {
				return
			}
			failpoint.Hit(failpoint.Saved)
			s.saved(r)
		}
		if ctx.Err() != nil {
			return
		}
	}
}

func (s *Server) nextSave() (Record, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.saves) == 0 {
		return Record{}, false
	}
	return s.saves[0], true
}

func (s *Server) saved(r Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saves = s.saves[1:]
	if _, ok := s.published.get(r.ID); ok {
		s.published.put(r)
	}
	s.notify()
}
