package worker

import (
	"time"

	"go.uber.org/zap"
)

// rest begins to count the time without a shard, after which a worker with Config.UntilIdle leaves. The caller holds mu.
func (s *Server) rest() {
	if s.config.UntilIdle == 0 {
		return
	}
	s.pauses++
	pause := s.pauses
	s.resting = time.AfterFunc(s.config.UntilIdle, func() { s.leave(pause) })
}

// work ends what rest began. The caller holds mu.
func (s *Server) work() {
	s.pauses++ // a timer that has fired and waits for mu is too late
	if s.resting != nil {
		s.resting.Stop()
	}
}

// leave has Run return if the worker still rests as it did when the timer was set. From here on it takes no shard, so that none is cut off.
func (s *Server) leave(pause int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pauses != pause || s.stopping() {
		return
	}
	close(s.leaving)
	s.log.Info("idle", zap.Duration("for", s.config.UntilIdle))
	close(s.idle)
}
