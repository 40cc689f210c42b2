package coordinator

import (
	"time"

	"go.uber.org/zap"
)

// observe keeps what the machine's step means for those who look on: it changes nothing of what is decided. The caller holds the lock.
func (s *Server) observe(now time.Time, e Event, effects []Effect) {
	ended, samples := s.history.note(now, e, effects)
	s.metrics.samples.Add(float64(samples))
	for _, a := range ended {
		s.metrics.attempts.WithLabelValues(string(a.Outcome)).Inc()
		if a.Outcome.result() {
			s.metrics.seconds.Observe(a.End.Sub(a.Begin).Seconds())
		}
		s.tell(a)
	}
	for _, f := range effects {
		if f, ok := f.(Save); ok {
			s.traceState(f)
		}
	}
}

// tell logs how an attempt ended.
func (s *Server) tell(a *Attempt) {
	log := s.log.Debug
	if a.Outcome.failure() || a.Outcome == OutcomeFault {
		log = s.log.Warn
	}
	log("attempt_ended", zap.String("job", a.Job), zap.Int("shard", a.Shard), zap.Int("attempt", a.Number), zap.String("worker", a.Worker),
		zap.String("outcome", string(a.Outcome)), zap.Duration("took", a.End.Sub(a.Begin)), zap.Int("samples", a.Done), zap.String("error", a.Error))
}
