package savedmodel

import (
	"sync"

	"github.com/octetlite/octet/pkg/reader/bundle"
)

// maxAhead is how many bytes may have been read of tensors that nobody asked for yet, but for the last one.
const maxAhead = 32 << 20

// ahead reads tensors of a checkpoint in a goroutine before they are asked for, so that reading them and checking their sums goes on while the graph is built.
// An error or a panic is left to whoever asks.
type ahead struct {
	ckpt *bundle.Bundle
	done sync.WaitGroup

	mu      sync.Mutex
	changed sync.Cond
	state   map[string]*reading // of the keys that were started
	unasked int                 // bytes that were read, and not asked for
	stopped bool
}

// reading is a tensor that is read by the goroutine. data is nil if that failed, and as long as it is not over.
type reading struct {
	over bool
	data []byte
}

// readAhead starts to read the tensors with the given keys, as far as they are numbers.
func readAhead(ckpt *bundle.Bundle, keys []string) *ahead {
	a := &ahead{ckpt: ckpt, state: map[string]*reading{}}
	a.changed.L = &a.mu
	a.done.Go(func() {
		for _, key := range keys {
			r := a.start(key)
			if r == nil {
				continue
			}
			data := attempt(ckpt, key)
			a.mu.Lock()
			r.over, r.data = true, data
			a.unasked += len(data)
			a.mu.Unlock()
			a.changed.Broadcast()
		}
	})
	return a
}

// attempt reads a tensor, and returns nil where that fails.
func attempt(ckpt *bundle.Bundle, key string) (data []byte) {
	defer func() {
		if recover() != nil {
			data = nil
		}
	}()
	data, err := ckpt.Read(key)
	if err != nil {
		return nil
	}
	return data
}

// start waits until there is room for another tensor, and returns what to fill in; nil if it was asked for before, or nothing is wanted any more.
func (a *ahead) start(key string) *reading {
	a.mu.Lock()
	defer a.mu.Unlock()
	for a.unasked > maxAhead && !a.stopped {
		a.changed.Wait()
	}
	if _, started := a.state[key]; started || a.stopped {
		return nil
	}
	r := &reading{}
	a.state[key] = r
	return r
}

// read returns the elements of a tensor, as bundle.Bundle.Read does. What was read ahead is given away once.
func (a *ahead) read(key string) ([]byte, error) {
	a.mu.Lock()
	r := a.state[key]
	for r != nil && !r.over {
		a.changed.Wait()
	}
	if r != nil && r.data != nil {
		data := r.data
		r.data = nil
		a.unasked -= len(data)
		a.mu.Unlock()
		a.changed.Broadcast()
		return data, nil
	}
	a.state[key] = &reading{over: true}
	a.mu.Unlock()
	return a.ckpt.Read(key)
}

// stop ends reading ahead, and waits for it.
func (a *ahead) stop() {
	a.mu.Lock()
	a.stopped = true
	a.mu.Unlock()
	a.changed.Broadcast()
	a.done.Wait()
}
