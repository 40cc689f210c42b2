package coordinator

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A client has many jobs that wait for one place when another comes with two: they take turns. High priority comes before low, and does not starve it. Who leaves the line is
// passed over, and the place is not lost.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(1, nil)
		first, ok := turns.take(t.Context(), "x", Normal)
		if !ok {
			t.Fatal("a free place was not given")
		}
		order := make(chan string, 100)
		gone, leave := context.WithCancel(t.Context())
		line := func(ctx context.Context, namespace string, p Priority, n int) {
			for i := range n {
				go func() {
					release, ok := turns.take(ctx, namespace, p)
					if !ok {
						return
					}
					order <- fmt.Sprint(namespace, p, i)
					time.Sleep(time.Second)
					release()
				}()
				synctest.Wait()
			}
		}
		line(t.Context(), "x", Low, 20)
		line(t.Context(), "x", High, 20)
		line(gone, "x", Normal, 1)
		line(t.Context(), "y", Normal, 2)
		leave()
		synctest.Wait()
		time.Sleep(time.Second)
		first()
		time.Sleep(time.Minute)
		synctest.Wait()
		close(order)
		var got []string
		for name := range order {
			got = append(got, name)
		}
		text := strings.Join(got, " ")
		if len(got) != 42 || slices.Index(got, "y0") > 2 || slices.Index(got, "y1") > 4 {
			t.Errorf("y came late, or not all came: %s", text)
		}
		if low := strings.Count(strings.Join(got[:20], " "), "xlow"); low < 1 || low > 3 {
			t.Errorf("%d of low priority among the first 20: %s", low, text)
		}
		if turns.free != 1 || len(turns.waiting) > 0 {
			t.Errorf("%d places are free, %d wait", turns.free, len(turns.waiting))
		}
	})
}

// A namespace whose work never ends has all places, and another's goes on beside it, in one more. A namespace that is alone gets no more than the places.
func TestTurnsThatNeverEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(2, nil)
		soon := func(namespace string) (release func(), ok bool) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			return turns.take(ctx, namespace, Normal)
		}
		var stuck []func()
		for range 2 {
			release, ok := soon("x")
			if !ok {
				t.Fatal("a free place was not given")
			}
			stuck = append(stuck, release)
		}
		if _, ok := soon("x"); ok {
			t.Error("there are two places, and three were given to one namespace")
		}
		for range 3 {
			release, ok := soon("y")
			if !ok {
				t.Fatal("another namespace waits")
			}
			for _, other := range []string{"x", "y", "z"} {
				if _, ok := soon(other); ok {
					t.Errorf("%s gets a fourth place", other)
				}
			}
			if n := turns.taken(); n != 2 {
				t.Errorf("%d of 2 places are taken", n)
			}
			release()
		}
		stuck[0]()
		stuck[1]()
		if turns.free != 2 || len(turns.held) != 0 {
			t.Errorf("%d places are free, held are %v", turns.free, turns.held)
		}
	})
}
