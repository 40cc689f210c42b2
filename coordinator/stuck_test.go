package coordinator

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// A worker lives and is stuck in a sample. Its shard goes to another one when the time for that is over, and not before.
func TestStuckWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, func(c *cluster) { c.config.Stall = 5 * time.Minute })
		m := convModel(t, 4)
		spec := c.spec(m)
		want, err := m.inProcess(t, spec)
		if err != nil {
			t.Fatal(err)
		}
		c.worker("stuck", never)
		id := c.create("r", spec).GetId()
		time.Sleep(time.Minute)
		good := c.worker("good", nil)
		time.Sleep(3*time.Minute + 50*time.Second)
		if n := len(good.called()); n > 0 {
			t.Errorf("the other worker was called %d times before", n)
		}
		time.Sleep(20 * time.Second)
		if n := len(good.called()); n != 1 {
			t.Errorf("the other worker was called %d times", n)
		}
		if !bytes.Equal(c.result(c.wait(id)), want.Model.Bytes()) {
			t.Error("the model is another than in process")
		}
	})
}

// The only worker holds its lease and can't be reached. The job waits, and says why, until another comes.
func TestUnreachableWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		spec := c.spec(convModel(t, 8))
		c.worker("gone", nil).stop()
		id := c.create("r", spec).GetId()
		time.Sleep(20 * time.Minute)
		if p := c.get(id).GetProgress(); !strings.HasPrefix(p.GetWaiting(), "a shard is tried again after: worker gone: ") {
			t.Errorf("after a while the job is %v", c.get(id))
		}
		c.worker("good", nil)
		c.result(c.wait(id))
	})
}

// A model takes the process of each worker along that runs it. It does not go through the whole cluster: the shard has eight tries.
func TestModelThatKillsWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		var all []*fakeWorker
		for i := range maxFailures + 4 {
			all = append(all, c.worker(fmt.Sprint("w", i), func(w *fakeWorker, req *octetv1.RunShardRequest, stream shardStream) error {
				time.AfterFunc(time.Second, w.stop)
				return never(w, req, stream)
			}))
		}
		j := c.wait(c.create("r", c.spec(convModel(t, 4))).GetId())
		if e := j.GetError(); !strings.Contains(e.GetMessage(), "shard 0 failed 8 times") {
			t.Errorf("the job ended with %v", e)
		}
		dead := 0
		for _, w := range all {
			dead += len(w.called())
		}
		if dead != maxFailures {
			t.Errorf("%d workers died", dead)
		}
	})
}
