package coordinator

import (
	"slices"
	"time"
)

// worker is a worker that is registered.
type worker struct {
	id       string
	slots    int
	backlog  int // shards that it takes beyond its slots
	busy     int // attempts that run on it, spare ones among them
	spare    int // those whose slots are to be had
	slow     int // those that may take a while
	numerics int
	models   []string  // that it ran, the latest first
	failures int       // in a row
	rest     time.Time // no new shards before that
	memory   int64     // bytes for models and shards; 0 if it does not tell
	taken    int64     // of it, by attempts that run there
	lent     int64     // of that, by spare ones
	loaded   map[string]*loaded
}

// warmModels is how many models a worker is taken to have at hand: as many as it keeps ready in memory by default.
const warmModels = 4

// warm reports whether a worker lately ran a model, and so has it, and most likely the samples, at hand.
func (w *worker) warm(model string) bool { return slices.Contains(w.models, model) }

// use takes note of an attempt that begins.
func (w *worker) use(model string, a attempt) {
	w.busy++
	w.takes(a)
	if !a.quick {
		w.slow++
	}
	if i := slices.Index(w.models, model); i >= 0 {
		w.models = slices.Delete(w.models, i, i+1)
	}
	w.models = slices.Insert(w.models, 0, model)
	w.models = w.models[:min(len(w.models), warmModels)]
}

// release takes note of an attempt that is over.
func (w *worker) release(a attempt) {
	w.busy--
	w.gives(a)
	if a.spare {
		w.spare--
	}
	if !a.quick {
		w.slow--
	}
}

// room returns how many more shards a worker takes now. Shards that take a moment may queue up at a worker, so many ahead of each slot, so that none of its slots waits for a message; not behind
// ones that take longer, since another worker may be free before.
func (w *worker) room(now time.Time, ahead int) int {
	if w.slots == 0 || now.Before(w.rest) {
		return 0
	}
	limit := w.slots
	if w.slow == 0 {
		limit += min(w.backlog, ahead*w.slots)
	}
	return max(limit-(w.busy-w.spare), 0)
}

// failed makes a worker that failed a shard rest.
func (w *worker) failed(now time.Time) {
	w.rest = now.Add(min(failedRest<<min(w.failures, 10), maxRest))
	w.failures++
}
