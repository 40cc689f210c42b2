package coordinator

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"
)

const (
	// minJump is by how much more than the monotonic clock the wall clock goes on, between two looks, if it was set.
	minJump = time.Second
	// clockEvery is the time between two records of the clock, when nothing happens to it.
	clockEvery = time.Minute
	// maxJumps bounds how many jumps are told apart.
	maxJumps = 64
	// unknown is what the wall clock may have gained before the first record: more than there is.
	unknown = 100 * 365 * 24 * time.Hour
)

// ages tells what is so old that it may go, by times that were written down when the wall clock of the coordinator that led said them. Such a clock may be set forward, also before its coordinator starts or while
// another one leads, or have gone on while the machine was suspended and nobody could use anything. The journal has what it said last: what any clock is ahead of that, but for the time that a leader has seen go by since,
// is a jump, and counts only when a thing has been there for its whole time since, under coordinators that led. So nothing goes before its time; after such a jump, which the time without a leader is, too,
// or when the clock is set back, some things stay longer.
type ages struct {
	keep time.Duration // the longest time that is asked for: jumps before it don't matter

	mu    sync.Mutex
	last  time.Time // of the last look, by the monotonic clock
	wall  time.Time // then
	jumps []jump    // forward, the oldest first
	news  bool      // the clock was set, and the journal does not know

	floor time.Time // what the journal has, or may have
	since time.Time // when it said so, by the monotonic clock; zero as long as nothing is known
}

type jump struct {
	seen time.Time
	by   time.Duration
}

// longest is the longest time after which something is removed.
func (c Config) longest() time.Duration {
	return max(c.JobTTL, c.BlobGrace, c.UploadTTL, c.StreamTTL)
}

// begin goes on with what the journal has when a term begins.
func (a *ages) begin(now, wall time.Time, r ClockRecord) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last, a.wall, a.jumps, a.news = now, wall, nil, true
	a.floor, a.since = r.Wall, now
	for _, j := range r.Jumps {
		a.add(jump{now.Add(-j.Ago), j.By})
	}
	by := wall.Sub(r.Wall)
	if r.Wall.IsZero() {
		by = unknown
	}
	if by > 0 {
		a.add(jump{now, by})
	}
}

// add takes note of a jump. If there are too many, the two that are next to each other become one, at the time of the later. The caller holds the lock.
func (a *ages) add(j jump) {
	a.jumps = append(a.jumps, j)
	if len(a.jumps) <= maxJumps {
		return
	}
	next := 1
	for i := range a.jumps[1:] {
		if a.apart(i+1) < a.apart(next) {
			next = i + 1
		}
	}
	if sum := a.jumps[next].by + a.jumps[next-1].by; sum > 0 {
		a.jumps[next].by = sum
	} else {
		a.jumps[next].by = math.MaxInt64
	}
	a.jumps = slices.Delete(a.jumps, next-1, next)
}

// apart is the time between a jump and the one before.
func (a *ages) apart(i int) time.Duration { return a.jumps[i].seen.Sub(a.jumps[i-1].seen) }

// look compares the clocks. The caller holds the lock.
func (a *ages) look(now, wall time.Time) {
	switch by := wall.Sub(a.wall) - now.Sub(a.last); {
	case by > minJump:
		a.add(jump{now, by})
		a.news = true
	case by < -minJump:
		a.news = true
	}
	a.last, a.wall = now, wall
	a.jumps = slices.DeleteFunc(a.jumps, func(j jump) bool { return now.Sub(j.seen) >= a.keep })
}

// before returns the time before which what has been there for so long was written.
func (a *ages) before(now, wall time.Time, long time.Duration) time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.keep = max(a.keep, long)
	a.look(now, wall)
	limit := wall.Add(-long)
	for _, j := range a.jumps {
		if now.Sub(j.seen) < long {
			limit = limit.Add(-j.by)
		}
	}
	return limit
}

// stamp returns the time to write down at present: what the wall clock says, but nothing behind what the journal has or may have, for as long as it has that. Else a successor, which compares its clock with the journal's, could
// not tell how old that is.
func (a *ages) stamp(now, wall time.Time) time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.since.IsZero() {
		return wall
	}
	a.look(now, wall)
	if floor := a.floor.Add(now.Sub(a.since)); wall.Before(floor) {
		return floor
	}
	return wall
}

// record returns what the journal should have; false if it is good enough.
func (a *ages) record(now, wall time.Time) (r ClockRecord, due bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.look(now, wall)
	if !a.news && now.Sub(a.since) < clockEvery {
		return r, false
	}
	r.Wall = wall.UTC()
	for _, j := range a.jumps {
		r.Jumps = append(r.Jumps, ClockJump{By: j.by, Ago: now.Sub(j.seen)})
	}
	a.news = false
	return r, true
}

// recorded takes note that the journal has a record that was made at a time, or that nobody knows whether it has.
func (a *ages) recorded(now time.Time, r ClockRecord, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if ok || r.Wall.After(a.floor.Add(now.Sub(a.since))) { // what may be there counts as well: a stamp behind it would look older than it is
		a.floor, a.since = r.Wall, now
	}
	if !ok {
		a.news = true
	}
}

// agesAgo returns the time before which what has been there for so long was written.
func (s *Server) agesAgo(long time.Duration) time.Time {
	return s.ages.before(time.Now(), s.wall(), long)
}

// stamp returns the time to write down at present, for agesAgo to be compared with.
func (s *Server) stamp() time.Time { return s.ages.stamp(time.Now(), s.wall()).UTC() }

// readClock goes on with the clock of the coordinator that led before.
func (s *Server) readClock(ctx context.Context, t *Term) error {
	r, err := patiently(ctx, s, t.Journal.LoadClock)
	if err != nil {
		return err
	}
	s.ages.begin(time.Now(), s.wall(), r)
	return nil
}

// recordClock has the journal know what the clock says, if that is due.
func (s *Server) recordClock(ctx context.Context) {
	now := time.Now()
	r, due := s.ages.record(now, s.wall())
	if !due {
		return
	}
	err := s.once(ctx, func(ctx context.Context) error { return s.writer().SaveClock(ctx, r) })
	s.ages.recorded(now, r, err == nil)
	if err != nil && !errors.Is(err, ErrDeposed) {
		s.log.Warn("clock_not_recorded", zap.Error(err))
	}
}
