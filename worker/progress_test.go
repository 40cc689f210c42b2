package worker

import (
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// A model takes five minutes to arrive. The shards that wait for it show progress all the while, none of them for longer than a look takes; one whose store keeps silent does not.
func TestFetchingIsProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.store.mu.Lock()
		r.store.slow = 30 * time.Second
		r.store.mu.Unlock()
		req := r.conv()
		gaps := make(chan time.Duration, 2)
		for range 2 {
			go func() {
				var longest time.Duration
				defer func() { gaps <- longest }()
				stream, err := r.api.RunShard(t.Context(), req)
				if err != nil {
					t.Error(err)
					return
				}
				for last, computed := time.Now(), false; ; {
					resp, err := stream.Recv()
					if errors.Is(err, io.EOF) {
						return
					}
					if err != nil {
						t.Error(err)
						return
					}
					if computed = computed || resp.GetSamplesDone() > 0; !computed {
						longest = max(longest, time.Since(last))
					}
					last = time.Now()
				}
			}()
		}
		for range 2 {
			if gap := <-gaps; gap < 10*time.Second || gap > 32*time.Second {
				t.Errorf("no sign of life for %v", gap)
			}
		}
	})
}
