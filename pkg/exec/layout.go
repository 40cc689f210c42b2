package exec

import (
	"cmp"
	"errors"
	"slices"
)

// alignment of every tensor in the arena, in bytes: a cache line.
const alignment = 64

// guard is the number of bytes behind the last tensor that kernels may read, but not use.
const guard = 64

// interval is a planned value's size and the steps between which it is alive, inclusive.
type interval struct {
	slot, size  int
	first, last int
	offset      int
}

// layout gives every planned slot an offset such that values that are alive at the same time do not overlap, largest first, each at
// the lowest offset that is free during its life, and returns the arena's size.
func layout(p *plan) (int, error) {
	lives := make([]interval, len(p.slots))
	for i := range p.slots {
		lives[i] = interval{slot: i, first: -1}
	}
	for k, s := range p.steps {
		for _, i := range s.out {
			i = p.slots[i].same
			if lives[i].first < 0 {
				lives[i].first = k
			}
			lives[i].last = k
		}
		for _, i := range s.in {
			if i >= 0 {
				lives[p.slots[i].same].last = k
			}
		}
	}
	for k, s := range p.steps {
		if s.chain == nil {
			continue
		}
		end := k + s.chained - 1
		in, out := &lives[p.slots[s.in[0]].same], &lives[p.slots[p.steps[end].out[0]].same]
		in.last, out.first = max(in.last, end), k
	}
	for _, i := range p.output {
		lives[p.slots[i].same].last = len(p.steps)
	}
	var todo []interval
	for i, l := range lives {
		if p.slots[i].place != planned || p.slots[i].same != i {
			continue
		}
		t := p.slots[i].static
		l.size = (t.DType.Bytes(t.Elements()) + alignment - 1) / alignment * alignment
		todo = append(todo, l)
	}
	slices.SortFunc(todo, func(a, b interval) int {
		return cmp.Or(cmp.Compare(b.size, a.size), cmp.Compare(a.first, b.first), cmp.Compare(a.slot, b.slot))
	})
	var placed []interval // by offset
	total := 0
	for _, l := range todo {
		at := 0
		for _, q := range placed {
			if q.last < l.first || l.last < q.first {
				continue
			}
			if q.offset >= at+l.size {
				break
			}
			at = max(at, q.offset+q.size)
		}
		l.offset = at
		if at+l.size < at {
			return 0, errors.New("activations pass the address space")
		}
		total = max(total, at+l.size)
		p.slots[l.slot].offset = at
		k, _ := slices.BinarySearchFunc(placed, l, func(a, b interval) int { return cmp.Compare(a.offset, b.offset) })
		placed = slices.Insert(placed, k, l)
	}
	for i := range p.slots {
		p.slots[i].offset = p.slots[p.slots[i].same].offset
	}
	return total + guard, nil
}
