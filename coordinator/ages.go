package coordinator

import (
	"slices"
	"sync"
	"time"
)

// minJump is by how much more than the monotonic clock the wall clock goes on, between two looks, if it was set.
const minJump = time.Second

// ages tells what is so old that it may go, by times that were written down when the wall clock said them. That clock may be set forward, or have gone on while the machine was suspended and nobody could
// use anything: what it gained so counts only when a thing has been there for its whole time since. So nothing goes before its time; after such a jump, or when the clock is set back, some things stay longer.
type ages struct {
	keep time.Duration // the longest time that is asked for: jumps before it don't matter

	mu    sync.Mutex
	last  time.Time // of the last look, by the monotonic clock
	wall  time.Time // then
	jumps []jump    // forward
}

type jump struct {
	seen time.Time
	by   time.Duration
}

// longest is the longest time after which something is removed.
func (c Config) longest() time.Duration {
	return max(c.JobTTL, c.BlobGrace, c.UploadTTL, c.StreamTTL)
}

// newAges begins to look at the clocks: the monotonic one, and the wall's.
func newAges(now, wall time.Time, keep time.Duration) *ages {
	return &ages{keep: keep, last: now, wall: wall}
}

// before returns the time before which what has been there for so long was written.
func (a *ages) before(now, wall time.Time, long time.Duration) time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	if by := wall.Sub(a.wall) - now.Sub(a.last); by > minJump {
		a.jumps = append(a.jumps, jump{now, by})
	}
	a.last, a.wall = now, wall
	a.jumps = slices.DeleteFunc(a.jumps, func(j jump) bool { return now.Sub(j.seen) >= max(a.keep, long) })
	limit := wall.Add(-long)
	for _, j := range a.jumps {
		if now.Sub(j.seen) < long {
			limit = limit.Add(-j.by)
		}
	}
	return limit
}
