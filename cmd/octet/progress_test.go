package main

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octetlite/octet/client"
)

// Without a terminal there is a line for the start and the end of each phase, and at most one every two seconds between.
func TestProgressLines(t *testing.T) { synctest.Test(t, testProgressLines) }

func testProgressLines(t *testing.T) {
	var out strings.Builder
	p := newProgress(&out)
	for _, done := range []int64{0, 1 << 20, 3 << 19} {
		p.show("upload", done, 3<<19, "bytes")
	}
	for done := range int64(101) {
		p.show("calibrate", done, 100, "samples")
	}
	p.show("calibrate", 100, 100, "samples")
	for _, note := range []string{"", "waiting: no workers", "waiting: no workers", "", "waiting: no workers"} {
		p.say(note)
	}
	p.close()
	want := `upload: 0 B of 1.5 MiB
upload: 1.5 MiB of 1.5 MiB
calibrate: 0 of 100 samples
calibrate: 100 of 100 samples
waiting: no workers
waiting: no workers
`
	if out.String() != want {
		t.Errorf("%s\nwant\n%s", out.String(), want)
	}
}

// A note about work that takes long comes if it does, and only then.
func TestProgressSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		p := newProgress(&out)
		p.soon("reading x")()
		done := p.soon("reading y")
		time.Sleep(lineEvery + lineEvery/4)
		done()
		if want := "reading y\n"; out.String() != want {
			t.Errorf("%q, want %q", out.String(), want)
		}
	})
}

// A cluster that has no room says so once, not each time that it is asked.
func TestProgressWhenTurnedAway(t *testing.T) {
	var b strings.Builder
	p := newProgress(&b)
	p.turnedAway("there are 9 jobs", 5*time.Second)
	p.turnedAway("there are 9 jobs", 5*time.Second)
	if want := "waiting: there are 9 jobs (asked again every 5s or so)\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}

// A job's phases are told apart, and the end of one that compared is not called calibration.
func TestProgressOfJobs(t *testing.T) {
	var b strings.Builder
	p := newProgress(&b)
	for _, j := range []client.Job{
		{State: client.Preparing}, {State: client.Calibrating, Progress: client.Progress{SamplesDone: 8, SamplesTotal: 8}}, {State: client.Finishing, Progress: client.Progress{SamplesDone: 8, SamplesTotal: 8}},
		{State: client.Comparing, Progress: client.Progress{SamplesDone: 9, SamplesTotal: 12}}, {State: client.Finishing, Progress: client.Progress{SamplesDone: 12, SamplesTotal: 12}},
	} {
		p.job(j)
	}
	if want := "calibrate: 8 of 8 samples\ncompare: 9 of 12 samples\ncompare: 12 of 12 samples\n"; b.String() != want {
		t.Errorf("shows\n%s, want\n%s", b.String(), want)
	}
}
