package calib

import (
	"errors"
	"fmt"
	"slices"
)

// Join returns the statistics of several datasets, of which each lies behind the one before: positions of samples are counted on. Unlike Merge, which takes parts of one
// dataset, it refuses two of the same, whose samples would count twice. The dataset of the result is not known.
func Join(parts ...*Stats) (*Stats, error) {
	if len(parts) == 0 {
		return nil, errors.New("no statistics to join")
	}
	seen := map[string]int{}
	next := 0
	moved := make([]*Stats, len(parts))
	for i, p := range parts {
		if j, again := seen[p.Dataset]; again && p.Dataset != "" {
			return nil, fmt.Errorf("%w: parts %d and %d are of the same dataset, whose samples would count twice", ErrMismatch, j, i)
		}
		seen[p.Dataset] = i
		moved[i] = p.moved(next)
		next += p.end()
	}
	return Merge(moved...)
}

// end returns the position behind the last sample that is known.
func (s *Stats) end() int {
	end := int(s.Samples) + len(s.Skipped)
	for _, k := range s.Skipped {
		end = max(end, k.Sample+1)
	}
	for _, t := range s.Tensors {
		if n := len(t.PerSample); n > 0 {
			end = max(end, t.PerSample[n-1].Sample+1)
		}
	}
	return end
}

// moved returns the statistics as those of a dataset that is not known, the positions of whose samples are greater by so many. What is counted is shared.
func (s *Stats) moved(by int) *Stats {
	out := *s
	out.Dataset = ""
	out.Skipped = slices.Clone(s.Skipped)
	for i := range out.Skipped {
		out.Skipped[i].Sample += by
	}
	out.Tensors = slices.Clone(s.Tensors)
	for i := range out.Tensors {
		t := &out.Tensors[i]
		t.PerSample = slices.Clone(t.PerSample)
		for j := range t.PerSample {
			t.PerSample[j].Sample += by
		}
	}
	return &out
}
