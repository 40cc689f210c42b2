package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/octetlite/octet/client"
	"github.com/octetlite/octet/pkg/convert"
)

// lineEvery is the least time between two lines where there is no terminal.
const lineEvery = 2 * time.Second

// progress shows how far a long piece of work is: a bar on a terminal, lines elsewhere. It is safe for concurrent use.
type progress struct {
	w    io.Writer
	bars *mpb.Progress // nil where there is no terminal

	mu    sync.Mutex
	bar   *mpb.Bar
	whole bool // the bar has reached its end
	phase string
	last  time.Time
	note  string
	label string // of a part, see part
}

func newProgress(w io.Writer) *progress {
	p := &progress{w: w}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.bars = mpb.New(mpb.WithOutput(w), mpb.WithWidth(48))
	}
	return p
}

// part returns the progress of one of several pieces of work that are done at a time. Where there is no terminal it shows notes alone.
func (p *progress) part(label string) *progress {
	return &progress{w: p.w, bars: p.bars, label: label}
}

// show says that so many of total units of a phase are done.
func (p *progress) show(phase string, done, total int64, unit string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.update(phase, done, total, unit)
}

func (p *progress) update(phase string, done, total int64, unit string) {
	if p.bars != nil {
		p.showBar(phase, done, total, unit)
		return
	}
	if p.label != "" {
		return
	}
	now := time.Now()
	if phase == p.phase && done < total && now.Sub(p.last) < lineEvery {
		return
	}
	if phase == p.phase && done >= total && p.last.IsZero() {
		return
	}
	p.phase, p.last = phase, now
	fmt.Fprintf(p.w, "%s: %s\n", phase, progressText(done, total, unit))
	if done >= total {
		p.last = time.Time{}
	}
}

// samples shows how far work on samples is.
func (p *progress) samples(at convert.Progress) {
	p.show(at.Phase, int64(at.Done), int64(at.Total), "samples")
}

func progressText(done, total int64, unit string) string {
	if unit == "bytes" {
		return fmt.Sprintf("%s of %s", bytesText(done), bytesText(total))
	}
	return fmt.Sprintf("%d of %d %s", done, total, unit)
}

func (p *progress) showBar(phase string, done, total int64, unit string) {
	if p.bar == nil || p.phase != phase {
		p.endBar()
		p.phase = phase
		name := phase
		var options []mpb.BarOption
		if p.label != "" {
			name = p.label + ": " + phase
			options = append(options, mpb.BarRemoveOnComplete())
		}
		p.bar = p.bars.AddBar(total, append(options,
			mpb.PrependDecorators(decor.Name(name+" ", decor.WCSyncSpaceR)),
			mpb.AppendDecorators(counters(unit), decor.OnComplete(decor.AverageETA(decor.ET_STYLE_GO, decor.WCSyncSpace), "")))...)
	}
	p.bar.SetTotal(total, false)
	p.bar.SetCurrent(done)
	p.whole = done >= total
}

func counters(unit string) decor.Decorator {
	if unit == "bytes" {
		return decor.CountersKibiByte("% .1f / % .1f")
	}
	return decor.CountersNoUnit("%d/%d " + unit)
}

// say shows a note once; the same note in a row is shown once.
func (p *progress) say(note string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tell(note)
}

func (p *progress) tell(note string) {
	if note == p.note {
		return
	}
	p.note = note
	if note == "" {
		return
	}
	if p.label != "" {
		note = p.label + ": " + note
	}
	if p.bars != nil {
		fmt.Fprintln(p.bars, note)
		return
	}
	fmt.Fprintln(p.w, note)
}

// soon says a note if the work under way is not done, which calling the returned function tells, within a while.
func (p *progress) soon(note string) (done func()) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case <-stop:
		case <-time.After(lineEvery):
			p.say(note)
		}
	}()
	return func() {
		close(stop)
		<-stopped
	}
}

// job shows the state of a job on a cluster.
func (p *progress) job(j client.Job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if j.State != client.Preparing && j.Progress.SamplesTotal > 0 {
		phase := "calibrate"
		if j.State == client.Comparing || p.phase == "compare" { // what follows has no samples of its own
			phase = "compare"
		}
		p.update(phase, int64(j.Progress.SamplesDone), int64(j.Progress.SamplesTotal), "samples")
	}
	note := ""
	if j.Progress.Waiting != "" {
		note = "waiting: " + j.Progress.Waiting
	}
	p.tell(note)
}

// turnedAway tells that a cluster takes no more jobs for the present.
func (p *progress) turnedAway(why string, again time.Duration) {
	p.say(fmt.Sprintf("waiting: %s (asked again every %v or so)", why, again.Round(time.Second)))
}

// endBar leaves the bar as it is: full only if the work was done. That of a part goes.
func (p *progress) endBar() {
	switch {
	case p.bar == nil:
		return
	case p.label != "":
		p.bar.Abort(true)
	case p.whole:
		p.bar.SetTotal(-1, true)
	default:
		p.bar.Abort(false)
	}
	p.bar = nil
}

// close ends the display.
func (p *progress) close() {
	if p.bars == nil {
		return
	}
	p.mu.Lock()
	p.endBar()
	p.mu.Unlock()
	if p.label == "" {
		p.bars.Wait()
	}
}
