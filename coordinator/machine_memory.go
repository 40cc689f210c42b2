package coordinator

import (
	"cmp"
	"fmt"
	"slices"
)

// Need is the memory that a worker needs to run shards of a job, in bytes.
type Need struct {
	Model int64 // once for all shards of a model that run at a time
	Shard int64 // for each of them
}

// comparing returns the need of shards that compare models of so many bytes with the float one. They are smaller than it, and each runs in a memory of its own.
func (n Need) comparing(bytes int64) Need {
	return Need{Model: 2*n.Model + 2*bytes, Shard: 2 * n.Shard}
}

// String tells the need of a single shard.
func (n Need) String() string { return mebibytes(n.Model + n.Shard).String() }

// mebibytes is a number of bytes as people read it.
type mebibytes int64

func (b mebibytes) String() string { return fmt.Sprintf("%d MiB", (b+1<<20-1)>>20) }

// loaded is a model that shards of a worker run.
type loaded struct {
	attempts int
	bytes    int64 // the most that one of them needs for it
}

// takes takes note of the memory of an attempt that begins on a worker.
func (w *worker) takes(a attempt) {
	if w.loaded == nil {
		w.loaded = map[string]*loaded{}
	}
	l := w.loaded[a.model]
	if l == nil {
		l = &loaded{}
		w.loaded[a.model] = l
	}
	l.attempts++
	w.taken += a.need.Shard + max(a.need.Model-l.bytes, 0)
	l.bytes = max(l.bytes, a.need.Model)
}

// gives takes note of the memory of an attempt that is over.
func (w *worker) gives(a attempt) {
	w.taken -= a.need.Shard
	if a.spare {
		w.lent -= a.need.Shard
	}
	l := w.loaded[a.model]
	if l.attempts--; l.attempts == 0 {
		w.taken -= l.bytes
		delete(w.loaded, a.model)
	}
}

// more returns the memory that one more shard of a job takes on a worker.
func (w *worker) more(j *job) int64 {
	model := j.need.Model
	if l := w.loaded[j.model]; l != nil {
		model = max(model-l.bytes, 0)
	}
	return model + j.need.Shard
}

// fits reports whether a worker has memory for one more shard of a job, once the spare attempts there have given way.
func (w *worker) fits(j *job) bool { return w.memory == 0 || w.taken-w.lent+w.more(j) <= w.memory }

// holds reports whether a worker has memory for a shard of a job when nothing else runs there.
func (w *worker) holds(j *job) bool { return w.memory == 0 || j.need.Model+j.need.Shard <= w.memory }

// overfull reports whether a worker has more to do than its memory is for.
func (w *worker) overfull() bool { return w.memory > 0 && w.taken > w.memory }

// fitsAny reports whether there is a worker that can run a job's shards.
func (m *Machine) fitsAny(j *job) bool {
	return slices.ContainsFunc(m.roster, func(w *worker) bool { return w.numerics == j.numerics && w.slots > 0 && w.holds(j) })
}

// short reports whether it is for want of memory that a job's shard is not given to a worker with a slot.
func (m *Machine) short(j *job) bool {
	return slices.ContainsFunc(m.roster, func(w *worker) bool {
		return w.numerics == j.numerics && w.room(m.now, 0) > 0 && w.holds(j) && !w.fits(j)
	})
}

// mostMemory returns the largest memory of the workers of an arithmetic that take shards, all of which told theirs.
func (m *Machine) mostMemory(numerics int) (most int64) {
	for _, w := range m.roster {
		if w.numerics == numerics && w.slots > 0 {
			most = max(most, w.memory)
		}
	}
	return most
}

// reserved returns the worker whose memory is kept for a job whose turn it is until enough of it is free, so that jobs that need little do not starve it: of those that have a slot
// and could hold a shard the one that has the most free. Nil if it is not for want of memory that the job has to wait, or one of them need only be asked.
func (m *Machine) reserved(j *job, free *crew) *worker {
	var best *worker
	for _, w := range free.workers {
		if w.numerics != j.numerics || !w.holds(j) || free.room(w, 0) == 0 {
			continue
		}
		if w.fits(j) {
			return nil
		}
		if best == nil || cmp.Compare(w.memory-w.taken, best.memory-best.taken) > 0 {
			best = w
		}
	}
	return best
}
