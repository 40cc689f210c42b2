package coordinator

import (
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"pgregory.net/rapid"

	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// host is where a coordinator runs: its wall clock is off by something. Time is that of the simulation.
type host struct {
	off  time.Duration
	ages *ages
}

func (h *host) wall(now time.Time) time.Time { return now.Add(h.off) }

// However the wall clocks of two coordinators are set, forward and back, before they start, while they lead, while the other one leads, between looks and while nobody looks, whoever leads for however long or is
// killed, and whether records reach the journal or not, and whether anybody knows: what is said to be old has been there for its whole time. Once the clocks are left alone and one leads on that is said of everything,
// when its time has come.
func TestAges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const ttl, other = time.Hour, 24 * time.Hour
		type thing struct{ made, stamp time.Time }
		var (
			now     = epoch
			journal ClockRecord
			things  []thing
			hosts   [2]host
			lead    = &hosts[0]
		)
		set := func() time.Duration {
			return time.Duration(rapid.Int64Range(-int64(100*ttl), int64(100*ttl)).Draw(t, "set"))
		}
		for i := range hosts {
			hosts[i].off = time.Duration(rapid.Int64Range(-1e18, 1e18).Draw(t, "off"))
		}
		elect := func(h *host) { // a term, of a new process or not
			lead = h
			h.ages = &ages{keep: other}
			h.ages.begin(now, h.wall(now), journal)
		}
		look := func() (left []thing) {
			limit := lead.ages.before(now, lead.wall(now), ttl)
			for _, x := range things {
				if x.stamp.After(limit) {
					left = append(left, x)
				} else if age := now.Sub(x.made); age < ttl {
					t.Fatalf("what is %v old is to go", age)
				}
			}
			return left
		}
		elect(lead)
		for range rapid.IntRange(0, 100).Draw(t, "steps") {
			switch rapid.IntRange(0, 7).Draw(t, "what") {
			case 0:
				things = append(things, thing{now, lead.ages.stamp(now, lead.wall(now))})
			case 1:
				now = now.Add(time.Duration(rapid.Int64Range(0, int64(2*ttl)).Draw(t, "passes")))
			case 2:
				hosts[rapid.IntRange(0, 1).Draw(t, "whose")].off += set()
			case 3:
				things = look()
			case 4:
				lead.ages.before(now, lead.wall(now), other)
			case 5:
				elect(&hosts[rapid.IntRange(0, 1).Draw(t, "who")])
			case 6:
				if r, due := lead.ages.record(now, lead.wall(now)); due {
					there, known := rapid.Bool().Draw(t, "there"), rapid.Bool().Draw(t, "known")
					if there {
						journal = r
					}
					lead.ages.recorded(now, r, there && known)
				}
			case 7: // a machine is suspended: its monotonic clock, by which now is told, stands still
				hosts[0].off += ttl
				hosts[1].off += ttl
			}
		}
		look()
		things = append(things[:0], thing{now, lead.ages.stamp(now, lead.wall(now))})
		if r, due := lead.ages.record(now, lead.wall(now)); due {
			journal = r
		}
		if rapid.Bool().Draw(t, "elected anew") {
			elect(lead)
		}
		now = now.Add(ttl + time.Second)
		if left := look(); len(left) > 0 && left[0].stamp.Equal(left[0].made.Add(lead.off)) {
			t.Fatal("what has been there for its whole time stays")
		}
	})
}

// What is written down while the journal does not know that the clock was set is told to be young nevertheless.
func TestStampsBeforeTheRecord(t *testing.T) {
	const ttl, days = time.Hour, 100 * time.Hour
	young := func(what string, a *ages, now, wall, stamp time.Time) {
		t.Helper()
		if limit := a.before(now, wall, ttl); !stamp.After(limit) {
			t.Errorf("%s: what was written at %v is to go, as all before %v", what, stamp, limit)
		}
	}
	var a ages
	a.begin(epoch, epoch, ClockRecord{})
	journal, _ := a.record(epoch, epoch)
	var behind ages // it leads for a second, and dies before it has recorded anything
	now := epoch.Add(2 * ttl)
	behind.begin(now, now.Add(-days), journal)
	now = now.Add(time.Second)
	stamp := behind.stamp(now, now.Add(-days))
	a = ages{}
	a.begin(now, now, journal)
	now = now.Add(ttl / 2)
	young("by a clock that was behind", &a, now, now, stamp)

	a = ages{keep: ttl} // it can't record anything
	a.begin(now, now, ClockRecord{Wall: now})
	a.before(now, now.Add(days), ttl)
	now = now.Add(ttl - time.Minute)
	stamp = a.stamp(now, now) // the clock was set back, and will be set forward again
	now = now.Add(2 * time.Minute)
	young("between two looks", &a, now, now.Add(days), stamp)

	a = ages{keep: ttl} // nobody knows whether the journal has its record
	a.begin(now, now, ClockRecord{})
	now = now.Add(2 * ttl)
	lost, _ := a.record(now, now)
	a.recorded(now, lost, false)
	stamp = a.stamp(now, now.Add(-days))
	var next ages // which finds it there
	next.begin(now, now, lost)
	young("by a clock that was set back behind a record", &next, now, now, stamp)
}

// However often coordinators begin, what the journal keeps of the clock is small, and forgets nothing.
func TestManyJumps(t *testing.T) {
	var r ClockRecord
	now, wall := epoch, epoch
	for range 10 * maxJumps {
		a := &ages{keep: time.Hour * 1000}
		now, wall = now.Add(time.Second), wall.Add(time.Minute)
		a.begin(now, wall, r)
		r, _ = a.record(now, wall)
	}
	if len(r.Jumps) > maxJumps {
		t.Errorf("%d jumps", len(r.Jumps))
	}
	a := &ages{}
	a.begin(now, wall, r)
	if limit := a.before(now, wall, time.Hour); limit.After(epoch) {
		t.Errorf("what is older than %v is to go, and nobody was there for an hour", limit)
	}
}

// The coordinator that leads when a job ends has a wall clock, and its successor another one, by 41 days, or nothing says by how much: the job is there an hour later, and goes when its time has come.
func TestASuccessorHasAnotherClock(t *testing.T) {
	const days = 1000 * time.Hour
	for name, tt := range map[string]struct {
		first, then time.Duration
		forget      bool // what the journal has of the clock
	}{"ahead": {0, days, false}, "right behind one that was behind": {-days, days, false}, "from before": {0, days, true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCluster(t, func(c *cluster) { c.config.JobTTL = 2 * time.Hour })
				c.shift(tt.first)
				id := c.create("r", &octetv1.JobSpec{Source: c.upload([]byte("no model"))}).GetId()
				c.wait(id)
				stray := c.upload([]byte("stray"))
				if tt.forget {
					c.halt()
					if err := c.journal.SaveClock(t.Context(), ClockRecord{}); err != nil {
						t.Fatal(err)
					}
				}
				c.shift(tt.then)
				time.Sleep(50 * time.Minute)
				if _, err := c.jobs.GetJob(t.Context(), &octetv1.GetJobRequest{Id: id}); err != nil {
					t.Errorf("within an hour: %v", err)
				}
				c.holds("within an hour", stray.GetDigest())
				time.Sleep(90 * time.Minute)
				_, err := c.jobs.GetJob(t.Context(), &octetv1.GetJobRequest{Id: id})
				wantCode(t, "GetJob when its time has come", err, codes.NotFound)
				if left := c.stored(); left[stray.GetDigest()] {
					t.Error("a blob stays when its time has come")
				}
			})
		})
	}
}
