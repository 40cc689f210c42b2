package coordinator

import (
	"bytes"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// Whatever order results come in, with failures between them, and with shards that are computed twice, each calibrator makes the same of them as in process.
func TestCalibratorsUnderDisorder(t *testing.T) {
	for _, calibrator := range []string{"minmax", "percentile:99", "mse", "entropy", "ema:0.9"} {
		t.Run(calibrator, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCluster(t)
				m := convModel(t, 40)
				spec := c.spec(m)
				spec.Calibrator = calibrator
				want, err := m.inProcess(t, spec)
				if err != nil {
					t.Fatal(err)
				}
				var mu sync.Mutex
				delivered := map[int32]int{}
				run := func(w *fakeWorker, req *octetv1.RunShardRequest, stream shardStream) error {
					i := req.GetShard()
					time.Sleep(time.Duration(1+(5*i+3)%7) * time.Second)
					if i%3 == 2 && req.GetAttempt() == 1 {
						return status.Error(codes.Internal, "out of luck")
					}
					mu.Lock()
					delivered[i]++
					mu.Unlock()
					return honest(w, req, stream)
				}
				lost := c.worker("lost", func(w *fakeWorker, req *octetv1.RunShardRequest, stream shardStream) error {
					time.Sleep(20 * time.Second)
					return run(w, req, stream)
				})
				c.worker("a", run)
				id := c.create("r", spec).GetId()
				time.Sleep(1500 * time.Millisecond) // the lost worker's shard begins again elsewhere, and goes on there
				lost.lose()
				c.worker("b", run)
				j := c.wait(id)
				if !bytes.Equal(c.result(j), want.Model.Bytes()) {
					t.Error("the model is another than in process")
				}
				if digest, err := want.Stats.Digest(); err != nil || digest != j.GetResult().GetStats().GetDigest() {
					t.Errorf("the statistics are others than in process (%v)", err)
				}
				time.Sleep(time.Minute)
				mu.Lock()
				defer mu.Unlock()
				twice := 0
				for i := range int32(10) {
					if delivered[i] > 1 {
						twice++
					}
				}
				if len(delivered) != 10 || twice == 0 {
					t.Errorf("shards were delivered so often: %v, want some twice", delivered)
				}
				if n := c.logs.FilterMessage("results_differ").Len(); n > 0 {
					t.Errorf("%d results differ", n)
				}
			})
		})
	}
}
