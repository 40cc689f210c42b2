package coordinator

import (
	"bytes"
	"testing"
	"testing/synctest"

	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

func TestJobSucceedsWithTheBytesOfTheSameConversionInProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		m := convModel(t, 40)
		spec := c.spec(m)
		want, err := m.inProcess(t, spec)
		if err != nil {
			t.Fatal(err)
		}
		c.worker("a", nil)
		c.worker("b", nil)
		j := c.wait(c.create("r", spec).GetId())
		if !bytes.Equal(c.result(j), want.Model.Bytes()) {
			t.Error("the model is another than in process")
		}
		if p := j.GetProgress(); p.GetSamplesDone() != 40 || p.GetSamplesTotal() != 40 || p.GetShardsDone() != 10 {
			t.Errorf("progress: %v", p)
		}
		stats, err := want.Stats.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := fetch(t.Context(), c.blobs, j.GetResult().GetStats().GetDigest())
		if err != nil || !bytes.Equal(got, stats) {
			t.Errorf("the statistics are others than in process (%v)", err)
		}
		if j.GetResult().GetReport() == nil || j.GetState() != octetv1.JobState_JOB_STATE_SUCCEEDED || j.GetEndTime() == nil {
			t.Errorf("the job is %v", j)
		}
	})
}
