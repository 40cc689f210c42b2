package coordinator

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// However the wall clock is set, forward and back, between looks and while nobody looks: what is said to be old has been there for its whole time. Once the clock is left alone that
// is said of everything written since, when its time has come.
func TestAges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const ttl, other = time.Hour, 24 * time.Hour
		type thing struct{ made, stamp time.Time }
		now, wall := epoch, epoch.Add(time.Duration(rapid.Int64Range(-1e18, 1e18).Draw(t, "off")))
		a := newAges(now, wall, other)
		var things []thing
		look := func() (left []thing) {
			limit := a.before(now, wall, ttl)
			for _, x := range things {
				if x.stamp.After(limit) {
					left = append(left, x)
				} else if age := now.Sub(x.made); age < ttl {
					t.Fatalf("what is %v old is to go", age)
				}
			}
			return left
		}
		step := func(by time.Duration) {
			now, wall = now.Add(by), wall.Add(by)
		}
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			switch rapid.IntRange(0, 4).Draw(t, "what") {
			case 0:
				things = append(things, thing{now, wall})
			case 1:
				step(time.Duration(rapid.Int64Range(0, int64(2*ttl)).Draw(t, "passes")))
			case 2:
				wall = wall.Add(time.Duration(rapid.Int64Range(-int64(100*ttl), int64(100*ttl)).Draw(t, "set")))
				// A clock that is set back and forward again while nobody looks is one that stood still, but for what was written meanwhile.
				things = look()
			case 3:
				things = look()
			case 4:
				a.before(now, wall, other)
			}
		}
		look()
		things = []thing{{now, wall}}
		step(ttl + time.Second)
		if left := look(); len(left) > 0 {
			t.Fatal("what has been there for its whole time stays")
		}
	})
}
