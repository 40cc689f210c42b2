package coordinator

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// again creates a job that differs from spec by change, and wants what it makes to be what the same conversion makes in process. It returns the job, and how many shards the
// worker ran for it.
func (c *cluster) again(m *model, w *fakeWorker, name string, spec *octetv1.JobSpec, change func(s *octetv1.JobSpec)) (*octetv1.Job, int) {
	c.t.Helper()
	spec = proto.CloneOf(spec)
	change(spec)
	want, err := m.inProcess(c.t, spec)
	if err != nil {
		c.t.Fatal(err)
	}
	before := len(w.called())
	j := c.wait(c.create(name, spec).GetId())
	if !bytes.Equal(c.result(j), want.Model.Bytes()) {
		c.t.Errorf("%s: the model is another than in process", name)
	}
	if digest, err := want.Stats.Digest(); err != nil || digest != j.GetResult().GetStats().GetDigest() {
		c.t.Errorf("%s: the statistics are others than in process (%v)", name, err)
	}
	return j, len(w.called()) - before
}

// A model is run over a dataset once, whatever is then made of it; the bytes are those of a job that measured itself.
func TestStatisticsAreMeasuredOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		m := convModel(t, 8)
		spec := c.spec(m)
		w := c.worker("a", nil)
		first, n := c.again(m, w, "first", spec, func(s *octetv1.JobSpec) { s.SampleRanges = true })
		if n != 2 || first.GetStatisticsFrom() != "" {
			t.Fatalf("the first job ran %d shards, with statistics from %q", n, first.GetStatisticsFrom())
		}
		for name, change := range map[string]func(s *octetv1.JobSpec){
			"same": func(s *octetv1.JobSpec) { s.SampleRanges = true },
			"less": func(*octetv1.JobSpec) {},
			"other options": func(s *octetv1.JobSpec) {
				s.Compat, s.Io, s.PerTensor = octetv1.Compat_COMPAT_TFLITE, octetv1.IoType_IO_TYPE_UINT8, true
			},
			"other scheme":     func(s *octetv1.JobSpec) { s.Scheme = octetv1.Scheme_SCHEME_INT16X8 },
			"other calibrator": func(s *octetv1.JobSpec) { s.Calibrator = "ema:0.9" },
			"bad ones allowed": func(s *octetv1.JobSpec) { s.SkipBadSamples = true },
		} {
			j, n := c.again(m, w, name, spec, change)
			if n != 0 || j.GetStatisticsFrom() != first.GetId() {
				t.Errorf("%s: %d shards were run, statistics from %q", name, n, j.GetStatisticsFrom())
			}
		}
		c.restart()
		if j, n := c.again(m, w, "after a restart", spec, func(*octetv1.JobSpec) {}); n != 0 || j.GetStatisticsFrom() != first.GetId() {
			t.Errorf("after a restart: %d shards were run, statistics from %q", n, j.GetStatisticsFrom())
		}
		for name, change := range map[string]func(s *octetv1.JobSpec){
			"more":  func(s *octetv1.JobSpec) { s.Histograms = true },
			"fresh": func(s *octetv1.JobSpec) { s.FreshStatistics = true },
		} {
			if j, n := c.again(m, w, name, spec, change); n != 2 || j.GetStatisticsFrom() != "" {
				t.Errorf("%s: %d shards were run, statistics from %q", name, n, j.GetStatisticsFrom())
			}
		}
		other := convModel(t, 12)
		if j, n := c.again(other, w, "other data", c.spec(other), func(*octetv1.JobSpec) {}); n != 3 || j.GetStatisticsFrom() != "" {
			t.Errorf("another dataset: %d shards were run, statistics from %q", n, j.GetStatisticsFrom())
		}
	})
}

// A model that can't be made as it was asked for has been calibrated all the same.
func TestStatisticsOfAFailedJobAreUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		m := convModel(t, 8)
		spec := c.spec(m)
		w := c.worker("a", nil)
		bad := proto.CloneOf(spec)
		bad.KeepFloat = []string{"no such operator"}
		failed := c.wait(c.create("bad", bad).GetId())
		if failed.GetState() != octetv1.JobState_JOB_STATE_FAILED || len(w.called()) != 2 {
			t.Fatalf("the job is %v, %d shards were run", failed.GetState(), len(w.called()))
		}
		time.Sleep(time.Minute)
		c.gc(0, false)
		if j, n := c.again(m, w, "good", spec, func(*octetv1.JobSpec) {}); n != 0 || j.GetStatisticsFrom() != failed.GetId() {
			t.Errorf("%d shards were run, statistics from %q", n, j.GetStatisticsFrom())
		}
	})
}

// Statistics stay for as long as a job refers to them, and those that are lost or damaged are measured again.
func TestStatisticsThatAreLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		m := convModel(t, 8)
		spec := c.spec(m)
		w := c.worker("a", nil)
		same := func(*octetv1.JobSpec) {}
		first, _ := c.again(m, w, "first", spec, same)
		second, _ := c.again(m, w, "second", spec, same)
		remove := func(id string) {
			if _, err := c.jobs.DeleteJob(t.Context(), &octetv1.DeleteJobRequest{Id: id}); err != nil {
				t.Fatal(err)
			}
			c.gc(0, false)
		}
		remove(first.GetId())
		stats := second.GetResult().GetStats().GetDigest()
		c.holds("after the first job was deleted", stats)
		if _, n := c.again(m, w, "third", spec, same); n != 0 {
			t.Errorf("after the first job was deleted %d shards were run", n)
		}
		path := filepath.Join(c.root, "blobs", stats[:2], stats)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, bytes.ToUpper(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if j, n := c.again(m, w, "damaged", spec, same); n != 2 || j.GetStatisticsFrom() != "" {
			t.Errorf("damaged statistics: %d shards were run, statistics from %q", n, j.GetStatisticsFrom())
		}
		if n := c.logs.FilterMessage("statistics_not_used").Len(); n == 0 {
			t.Error("the damage is not logged")
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if _, n := c.again(m, w, "lost", spec, same); n != 2 {
			t.Errorf("lost statistics: %d shards were run", n)
		}
	})
}

// A job that must not leave out samples fails on bad ones, though an earlier job left them out.
func TestStatisticsWithoutBadSamples(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		m := convModel(t, 8, 5)
		spec := c.spec(m)
		w := c.worker("a", faultOfSample)
		skip := func(s *octetv1.JobSpec) { s.SkipBadSamples = true }
		c.again(m, w, "first", spec, skip)
		if _, n := c.again(m, w, "again", spec, skip); n != 0 {
			t.Errorf("%d shards were run", n)
		}
		if j := c.wait(c.create("strict", spec).GetId()); j.GetState() != octetv1.JobState_JOB_STATE_FAILED || j.GetError().GetSample() == "" {
			t.Errorf("with bad samples not allowed the job is %v: %v", j.GetState(), j.GetError())
		}
	})
}

// A coordinator that stopped while it quantized finds what it had merged, though the results of the shards may be gone from the journal.
func TestStatisticsOutliveACoordinator(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		m := convModel(t, 8)
		w := c.worker("a", nil)
		first, _ := c.again(m, w, "r", c.spec(m), func(s *octetv1.JobSpec) { s.FreshStatistics = true })
		c.halt()
		records, err := c.journal.Load(t.Context())
		if err != nil || len(records) != 1 {
			t.Fatal(records, err)
		}
		r := records[0]
		r.State, r.Result, r.Ended = Finishing, nil, time.Time{}
		if err := c.journal.Save(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		c.start()
		j := c.wait(first.GetId())
		if got, want := j.GetResult().GetModel().GetDigest(), first.GetResult().GetModel().GetDigest(); got != want {
			t.Errorf("the model is %.12s, before it was %.12s (%v)", got, want, j.GetError())
		}
		if n := len(w.called()); n != 2 || j.GetStatisticsFrom() != "" {
			t.Errorf("%d shards were run in all, statistics from %q", n, j.GetStatisticsFrom())
		}
	})
}
