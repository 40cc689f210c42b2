package coordinator

import (
	"context"
	"fmt"

	"go.uber.org/zap"
)

// Place is the store that a cluster's blobs are in.
type Place struct {
	ID   string `json:"id"`   // of the folder
	Addr string `json:"addr"` // of the coordinator that began with it
}

// shareStore checks that this coordinator's store is the one that the cluster's jobs are in: else, when it leads, it would not find their blobs. While etcd can't be reached, it
// waits.
func (s *Server) shareStore(ctx context.Context) error {
	id, err := s.folder.ID()
	if err != nil {
		return fmt.Errorf("coordinator: %w", err)
	}
	mine := Place{id, s.config.Advertise}
	for {
		once, cancel := context.WithTimeout(ctx, journalTimeout)
		have, err := s.election.Store(once, mine, s.config.AdoptStore)
		cancel()
		switch {
		case err == nil && have.ID == id:
			return nil
		case err == nil:
			return fmt.Errorf("coordinator: its store (id %s) is not that of the cluster (id %s, which the coordinator at %s began with), so it could not find the blobs of its jobs: "+
				"give all coordinators the same folder with --store; if that store is gone for good, start once with --adopt-store, and jobs that need it fail", id, have.ID, have.Addr)
		}
		s.log.Warn("store_not_compared", zap.Error(err))
		if !sleep(ctx, journalPause) {
			return nil
		}
	}
}
