package coordinator

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
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
