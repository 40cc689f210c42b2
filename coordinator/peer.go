package coordinator

import (
	"time"

	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"

	"github.com/octetlite/octet/pkg/registry"
)

// peer is the connection to a worker.
type peer struct {
	worker registry.Worker
	conn   *grpc.ClientConn
	inUse  int
	gone   bool // its lease is, or it has another address: the connection is closed when the last attempt on it ends
}

// probe is how a worker that vanished without a word is noticed.
var probe = keepalive.ClientParameters{Time: 10 * time.Second, Timeout: 10 * time.Second}

// reconnect is how often a connection that is lost is tried again. gRPC's own pauses grow to minutes, for which the worker would be of no use.
var reconnect = grpc.ConnectParams{
	Backoff: backoff.Config{BaseDelay: 500 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 5 * time.Second}, MinConnectTimeout: 5 * time.Second,
}

// meet compares the present set of workers with those that are known.
func (s *Server) meet(set []registry.Worker) {
	present := map[string]bool{}
	for _, w := range set {
		present[w.ID] = true
		if s.greet(w) {
			up := WorkerUp{ID: w.ID, Slots: w.Slots, Backlog: w.Backlog, Numerics: w.Numerics, Memory: w.Memory}
			if w.Draining {
				up.Slots = 0
			}
			s.post(up)
		}
	}
	s.mu.Lock()
	var lost []*peer
	for id, p := range s.peers {
		if !present[id] && !p.gone {
			p.gone = true
			lost = append(lost, p)
		}
	}
	s.mu.Unlock()
	for _, p := range lost {
		s.log.Info("worker_gone", zap.String("worker", p.worker.ID))
		s.post(WorkerDown{ID: p.worker.ID})
		s.mu.Lock()
		s.closeIfIdle(p)
		s.mu.Unlock()
	}
}

// greet connects to a worker; it reports whether there is news of it.
func (s *Server) greet(w registry.Worker) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.peers[w.ID]
	if old != nil && old.worker.Addr == w.Addr {
		news := old.gone || old.worker != w
		old.worker, old.gone = w, false
		if news {
			s.found(w)
		}
		return news
	}
	conn, err := grpc.NewClient(w.Addr, append([]grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithKeepaliveParams(probe), grpc.WithConnectParams(reconnect),
	}, s.dial...)...)
	if err != nil {
		s.log.Warn("bad_worker_address", zap.String("worker", w.ID), zap.String("addr", w.Addr), zap.Error(err))
		return false
	}
	if old != nil {
		old.gone = true
		s.closeIfIdle(old)
	}
	s.peers[w.ID] = &peer{worker: w, conn: conn}
	s.found(w)
	return true
}

func (s *Server) found(w registry.Worker) {
	s.log.Info("worker_found", zap.String("worker", w.ID), zap.String("addr", w.Addr), zap.Int("slots", w.Slots), zap.Int("numerics", w.Numerics),
		zap.String("version", w.Version), zap.Bool("draining", w.Draining))
}

// closeIfIdle closes the connection of a worker that is gone once nothing runs on it. The caller holds the lock.
func (s *Server) closeIfIdle(p *peer) {
	if !p.gone || p.inUse > 0 {
		return
	}
	p.conn.Close()
	if s.peers[p.worker.ID] == p {
		delete(s.peers, p.worker.ID)
	}
}
