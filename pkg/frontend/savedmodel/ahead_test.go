package savedmodel

import (
	"bytes"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/octetlite/octet/pkg/reader/bundle"
)

const checkpoint = "types"

// Whatever the goroutine has read so far, tensors come out as the checkpoint has them, any number of times, and damage is reported to who asks.
func TestReadAhead(t *testing.T) {
	ckpt, err := bundle.Open(os.DirFS("../../reader/bundle/testdata"), checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	defer ckpt.Close()
	rng := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		keys := ckpt.Keys()
		rng.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		a := readAhead(ckpt, append(keys[:len(keys)/2:len(keys)/2], "no such key"))
		asked := append(slices.Clone(keys), keys...)
		rng.Shuffle(len(asked), func(i, j int) { asked[i], asked[j] = asked[j], asked[i] })
		for _, key := range append(asked[:rng.IntN(len(asked))], "no such key") {
			got, err := a.read(key)
			want, wrong := ckpt.Read(key)
			if !bytes.Equal(got, want) || (err == nil) != (wrong == nil) {
				t.Fatalf("%q: %d bytes, %v, want %d, %v", key, len(got), err, len(want), wrong)
			}
		}
		a.stop()
	}
}

// What goes wrong in the goroutine does so again where somebody can do something about it.
func TestPanicsAreLeftToWhoAsks(t *testing.T) {
	ckpt, err := bundle.Open(os.DirFS("../../reader/bundle/testdata"), checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	defer ckpt.Close()
	ckpt.Alloc = func(int) []byte { panic("no memory") }
	const key = "type/int32"
	a := readAhead(ckpt, []string{key})
	defer a.stop()
	defer func() {
		if r := recover(); r != "no memory" {
			t.Errorf("the panic is %v", r)
		}
	}()
	data, err := a.read(key)
	t.Errorf("%d bytes, %v", len(data), err)
}

// The goroutine waits where nobody asks for what it has read, and ends when it is told to.
func TestReadingAheadIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &ahead{state: map[string]*reading{}, unasked: maxAhead + 1}
		a.changed.L = &a.mu
		waits := make(chan *reading, 1)
		starts := func(key string) bool {
			synctest.Wait()
			a.mu.Lock()
			defer a.mu.Unlock()
			return a.state[key] != nil
		}
		go func() { waits <- a.start("x") }()
		if starts("x") {
			t.Error("started above the limit")
		}
		a.mu.Lock()
		a.unasked = maxAhead
		a.mu.Unlock()
		a.changed.Broadcast()
		if !starts("x") || <-waits == nil {
			t.Error("nothing is started below the limit")
		}
		a.unasked++
		go func() { waits <- a.start("y") }()
		if starts("y") {
			t.Error("started above the limit again")
		}
		a.stop()
		if starts("y") || <-waits != nil {
			t.Error("started after the end")
		}
	})
}
