package sandbox_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/octetlite/octet/pkg/sandbox"
)

func TestBombs(t *testing.T) {
	var mu sync.Mutex
	deaths := 0
	s := open(t, func(c *sandbox.Config) {
		c.Silence, c.Grace = 2*time.Minute, 100*time.Millisecond
		c.Died = func(int, *sandbox.Death) {
			mu.Lock()
			defer mu.Unlock()
			deaths++
		}
	})
	for name, want := range map[string]sandbox.Cause{"bomb": sandbox.Memory, "nest": sandbox.Stack, "exit": sandbox.Crash, "garble": sandbox.Garbled} {
		if name == "bomb" && !sandbox.Enforced() {
			continue
		}
		mu.Lock()
		deaths = 0
		mu.Unlock()
		if d := dies(t, s, name); d.Cause != want {
			t.Errorf("%s died of %s: %v, %s", name, d.Cause, d, d.Stderr)
		}
		mu.Lock()
		if deaths != 2 {
			t.Errorf("%s took %d children along, want one in company and one of its own", name, deaths)
		}
		mu.Unlock()
		if got := call(t, s, "echo", "still here"); got != "still here" {
			t.Errorf("%q", got)
		}
	}
}

func TestBlock(t *testing.T) {
	if !sandbox.Enforced() {
		t.Skip("the system bounds no memory")
	}
	s := open(t)
	call(t, s, "block", strconv.Itoa(sandbox.LeastMemory/8*5))
	for range 5 { // it depends on where the heap happens to lie
		s = open(t)
		_, err := s.Call(t.Context(), "block", []byte(strconv.Itoa(2*sandbox.LeastMemory)), sandbox.Host{Told: func(data []byte) { t.Errorf("the child says that %s", data) }})
		if d, ok := errors.AsType[*sandbox.Death](err); !ok || d.Cause != sandbox.Memory {
			t.Errorf("%v, want a death for want of memory", err)
		}
	}
}

func TestCompanyOfABomb(t *testing.T) {
	const n = 3
	gone := make(chan struct{})
	s := open(t, func(c *sandbox.Config) { c.Died = func(int, *sandbox.Death) { close(gone) } })
	var group sync.WaitGroup
	asked := make(chan bool, 2*n)
	for range n {
		group.Go(func() {
			out, err := s.Call(t.Context(), "asked", nil, sandbox.Host{Asked: func(context.Context, string, []byte) ([]byte, error) {
				asked <- true
				<-gone
				return []byte("fine"), nil
			}})
			if err != nil || string(out) != "fine" {
				t.Errorf("%q, %v", out, err)
			}
		})
	}
	for range n {
		<-asked
	}
	_, err := s.Call(t.Context(), "asked", nil, sandbox.Host{Asked: func(context.Context, string, []byte) ([]byte, error) {
		select {
		case <-gone:
			return []byte("live"), nil
		default:
			return []byte("die"), nil
		}
	}})
	if err != nil {
		t.Error(err)
	}
	group.Wait()
	if len(asked) != n {
		t.Errorf("%d calls were made again, want %d", len(asked), n)
	}
}
