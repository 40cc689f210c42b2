package main

import (
	"strings"
	"testing"
	"time"
)

// Without a terminal there is a line for the start and the end of each phase, and at most one every two seconds between.
func TestProgressLines(t *testing.T) {
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
	var out strings.Builder
	p := newProgress(&out)
	p.soon("reading x")()
	done := p.soon("reading y")
	time.Sleep(lineEvery + lineEvery/4)
	done()
	if want := "reading y\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}
