package credential

import (
	"fmt"
	"os"
	"sync"
	"time"
)

// reloaded is a value that is read from files, and read again when one of them changes. While what the files hold is wrong, as it is between the writing of a
// certificate and that of its key, the last good value stands.
type reloaded[T any] struct {
	paths  []string
	parse  func(texts [][]byte) (T, error)
	report func(error) // told once of each change that can't be used

	mu    sync.Mutex
	seen  []stamp
	value T
}

// stamp tells two states of a file apart.
type stamp struct {
	modified time.Time
	size     int64
}

func newReloaded[T any](report func(error), parse func([][]byte) (T, error), paths ...string) (*reloaded[T], error) {
	r := &reloaded[T]{paths: paths, parse: parse, report: report, seen: make([]stamp, len(paths))}
	if r.report == nil {
		r.report = func(error) {}
	}
	var err error
	r.stamps(r.seen)
	r.value, err = r.read()
	return r, err
}

// get returns the present value.
func (r *reloaded[T]) get() T {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := make([]stamp, len(r.paths))
	r.stamps(now)
	changed := false
	for i := range now {
		changed = changed || !now[i].modified.Equal(r.seen[i].modified) || now[i].size != r.seen[i].size
	}
	if !changed {
		return r.value
	}
	r.seen = now // taken before reading: a later change is seen the next time
	value, err := r.read()
	if err != nil {
		r.report(fmt.Errorf("%w; what was read before stays in use", err))
		return r.value
	}
	r.value = value
	return value
}

// stamps notes the state of each file; that of one that can't be looked at is zero.
func (r *reloaded[T]) stamps(into []stamp) {
	for i, p := range r.paths {
		if info, err := os.Stat(p); err == nil {
			into[i] = stamp{info.ModTime(), info.Size()}
		}
	}
}

func (r *reloaded[T]) read() (value T, err error) {
	texts := make([][]byte, len(r.paths))
	for i, p := range r.paths {
		if texts[i], err = os.ReadFile(p); err != nil {
			return value, err
		}
	}
	return r.parse(texts)
}
