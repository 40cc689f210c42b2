package worker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestKeptForgetsTheLeastRecentlyUsed(t *testing.T) {
	k := newKept[string, string](2)
	var loaded []string
	for _, key := range []string{"a", "b", "a", "c", "a", "b", "b", "c"} {
		got, err := k.get(t.Context(), key, func(context.Context) (string, error) {
			loaded = append(loaded, key)
			return "value of " + key, nil
		})
		if err != nil || got != "value of "+key {
			t.Errorf("%s: %q, %v", key, got, err)
		}
	}
	if diff := cmp.Diff([]string{"a", "b", "c", "b", "c"}, loaded); diff != "" {
		t.Error(diff)
	}
}

func TestKeptSharesALoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKept[int, int](1)
		n := 0
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() {
				got, err := k.get(t.Context(), 1, func(context.Context) (int, error) {
					time.Sleep(time.Second)
					n++
					return 7, nil
				})
				if err != nil || got != 7 {
					t.Errorf("%d, %v", got, err)
				}
			})
		}
		group.Wait()
		if n != 1 {
			t.Errorf("loaded %d times", n)
		}
	})
}

// The caller that loads leaves; those that wait for it are not concerned: one of them loads.
func TestKeptLoadIsTakenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKept[int, int](1)
		var mu sync.Mutex
		n := 0
		load := func(ctx context.Context) (int, error) {
			mu.Lock()
			n++
			mu.Unlock()
			select {
			case <-time.After(time.Minute):
				return 7, nil
			case <-ctx.Done():
				return 0, fmt.Errorf("fetch: %w", ctx.Err())
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() {
			if _, err := k.get(ctx, 1, load); !errors.Is(err, context.Canceled) {
				t.Errorf("the first: %v", err)
			}
		})
		synctest.Wait()
		for range 3 {
			group.Go(func() {
				if got, err := k.get(t.Context(), 1, load); err != nil || got != 7 {
					t.Errorf("another: %d, %v", got, err)
				}
			})
		}
		impatient, done := context.WithTimeout(t.Context(), 10*time.Second)
		defer done()
		group.Go(func() {
			if _, err := k.get(impatient, 1, load); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the impatient one: %v", err)
			}
		})
		time.Sleep(15 * time.Second)
		cancel()
		group.Wait()
		if n != 2 {
			t.Errorf("loaded %d times, want 2", n)
		}
	})
}

func TestKeptKeepsNoErrors(t *testing.T) {
	k := newKept[int, int](1)
	broken := errors.New("broken")
	if _, err := k.get(t.Context(), 1, func(context.Context) (int, error) { return 0, broken }); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	func() {
		defer func() { _ = recover() }()
		_, _ = k.get(t.Context(), 1, func(context.Context) (int, error) { panic("bug") })
		t.Error("the panic is lost")
	}()
	if got, err := k.get(t.Context(), 1, func(context.Context) (int, error) { return 7, nil }); err != nil || got != 7 {
		t.Errorf("%d, %v", got, err)
	}
}

// Those who wait for a value whose loading panics are not left waiting.
func TestKeptSurvivesAPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKept[int, int](1)
		var group sync.WaitGroup
		group.Go(func() {
			defer func() { _ = recover() }()
			_, _ = k.get(t.Context(), 1, func(context.Context) (int, error) {
				time.Sleep(time.Second)
				panic("bug")
			})
		})
		synctest.Wait()
		group.Go(func() {
			if _, err := k.get(t.Context(), 1, func(context.Context) (int, error) { return 0, nil }); !errors.Is(err, errPanic) {
				t.Errorf("%v", err)
			}
		})
		group.Wait()
	})
}

// Values that were not used for longest go when all together are too large; the one that came last stays, whatever its size.
func TestKeptIsBoundedInBytes(t *testing.T) {
	k := newKept[string, int64](10)
	k.bytes, k.size = 100, func(v int64) int64 { return v }
	loads := 0
	for _, x := range []struct {
		key   string
		size  int64
		loads int // so far
	}{
		{"a", 40, 1}, {"b", 40, 2}, {"a", 40, 2}, {"c", 30, 3}, // b goes
		{"a", 40, 3}, {"c", 30, 3}, {"b", 20, 4}, {"a", 40, 4}, // all fit
		{"huge", 500, 5}, {"huge", 500, 5}, // all others go
		{"a", 40, 6}, {"huge", 500, 7},
	} {
		if _, err := k.get(t.Context(), x.key, func(context.Context) (int64, error) {
			loads++
			return x.size, nil
		}); err != nil || loads != x.loads {
			t.Errorf("%s: %d were loaded, want %d (%v)", x.key, loads, x.loads, err)
		}
	}
}
