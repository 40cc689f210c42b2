//go:build unix

package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/client"
	"github.com/octetlite/octet/internal/golden"
	"github.com/octetlite/octet/pkg/numerics"
)

// busyCluster is a cluster of so many jobs and workers, at a moment.
func busyCluster(jobs, workers int) client.Cluster {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.Local)
	c := client.Cluster{
		Time: now, Leader: "a:8470", Term: 7, TermStart: now.Add(-90 * time.Minute), Version: "v1.2.3", Numerics: 4, Waiting: 1234, Running: 3, Samples: 5000,
		Counts: map[client.State]int{client.Calibrating: 2, client.Failed: 1},
	}
	for i := range jobs {
		j := client.Job{ID: fmt.Sprintf("j-%016d", i), SourceName: "model.tflite", State: client.Calibrating, Created: now.Add(-time.Duration(i+1) * time.Minute)}
		j.Progress = client.Progress{SamplesDone: 50 * i, SamplesTotal: 1000, ShardsDone: i, ShardsTotal: 250, Running: 1}
		switch i {
		case 1:
			j.Progress.Running, j.Progress.Waiting = 0, "all workers are busy"
		case 2:
			j.State, j.Ended, j.SourceName = client.Failed, now.Add(-time.Minute), "evil\x1b[31m\nname.tflite"
			j.Error = &client.JobError{Message: "sample 3 of \x07x.npz holds NaN"}
		}
		c.Jobs = append(c.Jobs, j)
	}
	for i := range workers {
		w := client.Worker{ID: fmt.Sprintf("w-%d", i), Addr: fmt.Sprintf("10.0.0.%d:8471", i), Slots: 2, Running: i % 3, Numerics: 4, Samples: int64(100 * i), Succeeded: int64(25 * i)}
		switch i {
		case 1:
			w.Numerics = 3
		case 2:
			w.Memory, w.Taken = 14<<30, 3<<29
			w.Failed, w.Resting = 9, now.Add(1500*time.Millisecond)
		}
		c.Workers = append(c.Workers, w)
	}
	return c
}

// Views of clusters, on terminals of several sizes and on none.
func TestTopView(t *testing.T) {
	then, now := busyCluster(3, 3), busyCluster(3, 3)
	then.Samples -= 500
	then.Workers[2].Samples -= 50
	r := ratesOf(then, now, 5*time.Second)
	c := golden.Open(t, "testdata/top.txtar")
	defer c.Close()
	shared := busyCluster(0, 1)
	shared.Namespaces = []client.Namespace{{Name: "", Weight: 1}, {Name: "nightly\x1b", Weight: 2, Jobs: 3, Waiting: 120}, {Name: "release", Weight: 4, Jobs: 1, Waiting: 7, Running: 3}}
	for name, lines := range map[string][]string{
		"shares":   topView(shared, rates{}, 0, 0),
		"printed":  topView(now, r, 0, 0),
		"terminal": topView(now, r, 60, 20),
		"many":     topView(busyCluster(40, 40), rates{}, 100, 24),
		"tiny":     topView(busyCluster(40, 40), rates{}, 20, 5),
		"empty":    topView(client.Cluster{Time: now.Time, TermStart: now.TermStart, Leader: "a:8470", Numerics: 4, Version: "devel"}, rates{}, 80, 24),
	} {
		c.Want(name, strings.Join(lines, "\n")+"\n")
	}
	for width := range 100 {
		for height := range 30 {
			lines := topView(busyCluster(7, 9), r, width, height)
			for _, l := range lines {
				if n := len([]rune(l)); width > 0 && n > width {
					t.Fatalf("a line of %d on a terminal of %d by %d: %q", n, width, height, l)
				}
				if strings.ContainsFunc(l, func(r rune) bool { return r < ' ' }) {
					t.Fatalf("control characters in %q", l)
				}
			}
			if height > 0 && len(lines) > height {
				t.Fatalf("%d lines on a terminal of %d by %d", len(lines), width, height)
			}
		}
	}
}

// Rates are of one term.
func TestRates(t *testing.T) {
	then, now := busyCluster(0, 2), busyCluster(0, 3)
	now.Time = now.Time.Add(-time.Hour) // its clock was set
	now.Samples, now.Workers[1].Samples = now.Samples+100, now.Workers[1].Samples+70
	if d := cmp.Diff(rates{10, map[string]float64{"w-0": 0, "w-1": 7, "w-2": 20}}, ratesOf(then, now, 10*time.Second), cmp.AllowUnexported(rates{})); d != "" {
		t.Error(d)
	}
	now.Term++
	if r := ratesOf(then, now, 10*time.Second); r.workers != nil {
		t.Errorf("over two terms: %v", r)
	}
}

func TestShowExplanation(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.Local)
	e := client.Explanation{
		Job:     client.Job{ID: "j-1", SourceName: "m.tflite", Scheme: "int8", State: client.Calibrating, Created: at, Progress: client.Progress{SamplesDone: 6, SamplesTotal: 12, ShardsDone: 1, ShardsTotal: 3}},
		Reasons: []string{"2 of its shards wait", "shard 1 failed once: \x1b[2J"},
		States:  []client.StateChange{{State: client.Preparing, Time: at}, {State: client.Calibrating, Time: at.Add(1500 * time.Millisecond)}},
		Workers: []client.Share{{Worker: "w-a", Attempts: 2, Accepted: 1, Failed: 1, Samples: 6, Busy: client.Duration(3 * time.Second)}, {Worker: "w-b", Attempts: 1}},
		Attempts: []client.Attempt{
			{Shard: 0, Attempt: 1, Worker: "w-a", Samples: 4, Done: 4, Start: at, End: at.Add(time.Second), Outcome: "accepted"},
			{Shard: 1, Attempt: 1, Worker: "w-a", First: 4, Samples: 4, Done: 2, Start: at, End: at.Add(2 * time.Second), Outcome: "failed", Error: "its fan\nis broken", Lost: true},
			{Shard: 2, Phase: 1, Attempt: 3, Worker: "w-b", First: 8, Samples: 4, Done: 1, Start: at, Outcome: "running"},
		},
		AttemptsTotal: 10, KnownSince: at.Add(time.Second),
	}
	var out bytes.Buffer
	if err := showExplanation(&out, e); err != nil {
		t.Fatal(err)
	}
	c := golden.Open(t, "testdata/explain.txtar")
	defer c.Close()
	c.Want("text", out.String())
}

// What programs read of a cluster: the names of fields stay.
func TestTopOnce(t *testing.T) {
	withCluster(t, 1, func(addr string) {
		octet(t, "convert", writeConv(t), "-o", t.TempDir()+"/out.tflite", "--data", "random:normal?samples=8", "--coordinator", addr)
		text := octet(t, "top", "--json", "--coordinator", addr)
		for _, want := range []string{
			`"leader": "` + addr, `"shards_waiting": 0`, `"shards_running": 0`, `"samples": 8`, `"succeeded": 1`, `"slots": 1`, fmt.Sprintf(`"numerics": %d`, numerics.Version),
		} {
			if !strings.Contains(text, want) {
				t.Errorf("no %s in %s", want, text)
			}
		}
		if text := octet(t, "top", "--coordinator", addr); !strings.Contains(text, "jobs 1 succeeded") || strings.Contains(text, "\x1b") {
			t.Errorf("without a terminal: %q", text)
		}
		id := strings.Fields(strings.Split(octet(t, "jobs", "list", "--coordinator", addr), "\n")[1])[0]
		if text := octet(t, "jobs", "explain", id, "--coordinator", addr); strings.Count(text, "accepted") != 3 || strings.Contains(text, "why") {
			t.Errorf("explained: %s", text)
		}
		if text := octet(t, "jobs", "explain", id, "--json", "--attempts", "1", "--coordinator", addr); !strings.Contains(text, `"attempts_total": 2`) || strings.Count(text, `"outcome": "accepted"`) != 1 {
			t.Errorf("explained as JSON: %s", text)
		}
		for _, args := range [][]string{{"top", "--every", "1ms"}, {"top", "--jobs", "0"}, {"jobs", "explain", id, "--attempts", "-1"}} {
			var out, errs bytes.Buffer
			if code := run(t.Context(), append(args, "--coordinator", addr), streams{strings.NewReader(""), &out, &errs}); code != exitUsage {
				t.Errorf("octet %q: status %d, %s", args, code, errs.String())
			}
		}
	})
}
