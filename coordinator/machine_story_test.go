package coordinator

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/octetlite/octet/internal/golden"
	"github.com/octetlite/octet/pkg/shard"
)

// Each story is a list of events, one a line, and what the machine does about each:
//
//	quota N                                        the bound of shards that run of a namespace
//	audit                                          all shards are computed once more
//	weight NAME N                                  the share of a namespace
//	worker NAME [slots=N] [backlog=N] [numerics=N] [memory=N] a worker registers; memory is in MiB, as everywhere here
//	gone NAME                                      its lease is gone
//	create JOB [namespace=NAME] [priority=low|high]
//	prepared JOB samples=N [numerics=N] [model=M] [weights=N] [each=N] [NUMBER=DIGEST ...]   the digests are in the journal from before
//	begun JOB/SHARD#ATTEMPT                        its worker has a slot for it
//	did JOB/SHARD#ATTEMPT SAMPLES                  progress
//	done JOB/SHARD#ATTEMPT DIGEST
//	failed|fault|busy|unbegun JOB/SHARD#ATTEMPT MESSAGE
//	accepted JOB/SHARD KEPT [OFFERED] [by=WORKER]
//	growing JOB [NUMBER=DIGEST ...]                prepared, and its samples are still to come
//	extended JOB first=N end=N [last]              shards of one sample each
//	finished JOB [next=N] [bytes=N]                N samples are compared next
//	cancel|delete JOB
//	wrong JOB MESSAGE                              the job can't go on
//	wait DURATION                                  time goes by, and the machine is woken up when it asked for it
//	progress JOB
func TestStories(t *testing.T) {
	golden.Cases(t, "testdata/machine/*.txtar", func(t *testing.T, c *golden.Case) {
		s := &story{m: NewMachine(), now: epoch}
		s.m.Stall = time.Hour
		for line := range strings.Lines(c.Section("events")) {
			if line = strings.TrimSpace(line); line != "" {
				s.tell(t, line)
			}
		}
		c.Want("story", s.text.String())
	})
}

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

type story struct {
	m    *Machine
	now  time.Time
	text strings.Builder
}

func (s *story) tell(t *testing.T, line string) {
	t.Helper()
	fmt.Fprintln(&s.text, line)
	f := strings.Fields(line)
	switch f[0] {
	case "quota":
		n, err := strconv.Atoi(f[1])
		if err != nil {
			t.Fatal(err)
		}
		s.m.NamespaceShards = n
	case "audit":
		s.m.Audit.Share = 1
	case "weight":
		n, err := strconv.Atoi(f[2])
		if err != nil {
			t.Fatal(err)
		}
		s.m.Weights = Weights{f[1]: n}
	case "wait":
		d, err := time.ParseDuration(f[1])
		if err != nil {
			t.Fatal(err)
		}
		s.wait(s.now.Add(d))
	case "progress":
		p, ok := s.m.Progress(f[1])
		fmt.Fprintf(&s.text, "\t%d of %d samples, %d of %d shards, %d running, known: %v\n", p.SamplesDone, p.SamplesTotal, p.ShardsDone, p.ShardsTotal, p.Running, ok)
		if p.Waiting != "" {
			fmt.Fprintf(&s.text, "\twaiting: %s\n", p.Waiting)
		}
	default:
		e, err := parseEvent(line)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		s.step(e)
	}
}

func (s *story) wait(end time.Time) {
	for at, ok := s.m.Wake(s.now); ok && !at.After(end); at, ok = s.m.Wake(s.now) {
		s.now = at
		s.step(Tick{})
	}
	s.now = end
	s.step(Tick{})
}

func (s *story) step(e Event) {
	for _, f := range s.m.Step(s.now, e) {
		fmt.Fprintf(&s.text, "\t%s\n", describe(f))
	}
}

// describe writes an effect as the stories do.
func describe(f Effect) string {
	switch f := f.(type) {
	case Prepare:
		return "prepare " + f.Job
	case Feed:
		return "feed " + f.Job
	case Start:
		text := fmt.Sprintf("start %s/%d#%d on %s: samples %d to %d", f.Job, f.Shard, f.Attempt, f.Worker, f.Range.First, f.Range.Last-1)
		if f.Phase > 0 {
			text += fmt.Sprintf(" in phase %d", f.Phase)
		}
		return text
	case Stop:
		return fmt.Sprintf("stop %s/%d#%d", f.Job, f.Shard, f.Attempt)
	case Accept:
		text := fmt.Sprintf("accept %s/%d %s of %s", f.Job, f.Shard, f.Digest, f.Worker)
		if f.Number != f.Shard {
			text += fmt.Sprintf(" as %d", f.Number)
		}
		return text
	case Finish:
		text := fmt.Sprintf("finish %s with %q", f.Job, f.Digests[0])
		for _, d := range f.Digests[1:] {
			text += fmt.Sprintf(", then %q", d)
		}
		return text
	case Save:
		text := fmt.Sprintf("save %s %s", f.Job, f.State)
		if f.State.Final() {
			text += fmt.Sprintf(", %d of %d samples", f.Progress.SamplesDone, f.Progress.SamplesTotal)
		}
		if f.State == Failed {
			text += fmt.Sprintf(": %s: %s", f.Error.Kind, f.Error.Message)
		}
		return text
	case Alarm:
		return fmt.Sprintf("ALARM %s/%d: have %s, got %s of %s", f.Job, f.Shard, f.Have, f.Got, f.Worker)
	}
	return fmt.Sprintf("%T", f)
}

// parseEvent reads a story's line.
func parseEvent(line string) (Event, error) {
	f := strings.Fields(line)
	if len(f) < 2 {
		return nil, fmt.Errorf("want a subject")
	}
	settings := map[string]string{}
	for _, w := range f[2:] {
		if k, v, ok := strings.Cut(w, "="); ok {
			settings[k] = v
		}
	}
	number := func(key string, otherwise int) int {
		if v, err := strconv.Atoi(settings[key]); err == nil {
			return v
		}
		return otherwise
	}
	_, rest, _ := strings.Cut(line, f[1])
	rest = strings.TrimSpace(rest)
	switch f[0] {
	case "worker":
		return WorkerUp{ID: f[1], Slots: number("slots", 1), Backlog: number("backlog", 0), Numerics: number("numerics", 1), Memory: int64(number("memory", 0)) << 20}, nil
	case "gone":
		return WorkerDown{ID: f[1]}, nil
	case "create":
		return Created{Job: f[1], Namespace: settings["namespace"], Priority: Priority(settings["priority"])}, nil
	case "extended":
		e := Extended{Job: f[1], Last: f[len(f)-1] == "last"}
		for i := number("first", 0); i < number("end", 0); i++ {
			e.Plan = append(e.Plan, shard.Range{First: i, Last: i + 1})
		}
		return e, nil
	case "prepared", "growing":
		p := Prepared{
			Job: f[1], Model: settings["model"], Numerics: number("numerics", 1), Plan: shard.Plan(number("samples", 0)), Accepted: map[int]string{}, Growing: f[0] == "growing",
			Need: Need{Model: int64(number("weights", 0)) << 20, Shard: int64(number("each", 0)) << 20},
		}
		for k, v := range settings {
			if i, err := strconv.Atoi(k); err == nil {
				p.Accepted[i] = v
			}
		}
		return p, nil
	case "finished":
		return Finished{Job: f[1], Next: shard.Plan(number("next", 0)), Bytes: int64(number("bytes", 0)) << 20}, nil
	case "cancel":
		return Cancel{Job: f[1]}, nil
	case "delete":
		return Deleted{Job: f[1]}, nil
	case "wrong":
		return JobFailed{Job: f[1], Error: Failure{Kind: BadInput, Message: rest}}, nil
	}
	return parseAttempt(f[0], f[1], rest)
}

// parseAttempt reads what happens to an attempt, JOB/SHARD#ATTEMPT, or to a shard.
func parseAttempt(verb, subject, rest string) (Event, error) {
	job, place, _ := strings.Cut(subject, "/")
	first, second, _ := strings.Cut(place, "#")
	i, err := strconv.Atoi(first)
	if err != nil {
		return nil, err
	}
	if verb == "accepted" {
		rest, by, ok := strings.Cut(rest, " by=")
		if !ok {
			by = "?"
		}
		kept, offered, ok := strings.Cut(rest, " ")
		if !ok {
			offered = kept
		}
		return Accepted{Job: job, Shard: i, Digest: kept, Offered: offered, Worker: by}, nil
	}
	n, err := strconv.Atoi(second)
	if err != nil {
		return nil, err
	}
	switch verb {
	case "did":
		done, err := strconv.Atoi(rest)
		return ShardProgress{Job: job, Shard: i, Attempt: n, Done: done}, err
	case "begun":
		return ShardBegun{Job: job, Shard: i, Attempt: n}, nil
	case "done":
		return ShardDone{Job: job, Shard: i, Attempt: n, Digest: rest}, nil
	case "failed":
		return ShardFailed{Job: job, Shard: i, Attempt: n, Error: Failure{Kind: Unavailable, Message: rest}}, nil
	case "fault":
		return ShardFailed{Job: job, Shard: i, Attempt: n, Fault: true, Error: Failure{Kind: BadInput, Message: rest}}, nil
	case "unbegun":
		return ShardFailed{Job: job, Shard: i, Attempt: n, Unbegun: true, Error: Failure{Kind: Unavailable, Message: rest}}, nil
	case "busy":
		return ShardFailed{Job: job, Shard: i, Attempt: n, Busy: true}, nil
	}
	return nil, fmt.Errorf("unknown event %q", verb)
}
