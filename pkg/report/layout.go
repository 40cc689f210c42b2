package report

import (
	"cmp"
	"slices"
)

// Sizes of the picture, in units of it.
const (
	boxWidth, boxHeight = 156, 36
	laneWidth           = 14 // of an edge that passes a rank
	gap                 = 12 // between neighbours of a rank
	rankHeight          = 58
	gutter              = 64 // between columns
	margin              = 24
)

// place is a box of the picture, or a point where an edge passes a rank.
type place struct {
	box         int // index of the box, -1 for a point
	rank, x, y  int // x of the centre, y of the upper border
	above, next []*place
}

func (p *place) width() int {
	if p.box < 0 {
		return laneWidth
	}
	return boxWidth
}

// layout is a graph with places. Ranks are the longest ways from the top; they are broken into columns, like text, so that a deep graph does not become a thread.
type layout struct {
	ranks         [][]*place // in order from left to right
	boxes         []*place
	perColumn     int
	left          []int // the left borders of the columns
	width, height int
}

// newLayout places n boxes with edges between them, which lead from lower indices to higher ones. Everything is computed on integers.
func newLayout(n int, edges [][2]int) *layout {
	l := &layout{boxes: make([]*place, n)}
	deepest := 0
	for i := range l.boxes {
		l.boxes[i] = &place{box: i}
	}
	for _, e := range edges { // sorted by target, since targets come after what they read
		if to := l.boxes[e[1]]; to.rank <= l.boxes[e[0]].rank {
			to.rank = l.boxes[e[0]].rank + 1
			deepest = max(deepest, to.rank)
		}
	}
	l.ranks = make([][]*place, deepest+1)
	for _, p := range l.boxes {
		l.ranks[p.rank] = append(l.ranks[p.rank], p)
	}
	for _, e := range edges {
		l.connect(l.boxes[e[0]], l.boxes[e[1]])
	}
	for range 6 {
		l.order(false)
		l.order(true)
	}
	l.spread()
	l.columns()
	return l
}

// connect joins two places by points on the ranks between them.
func (l *layout) connect(from, to *place) {
	for rank := from.rank + 1; rank < to.rank; rank++ {
		point := &place{box: -1, rank: rank}
		l.ranks[rank] = append(l.ranks[rank], point)
		join(from, point)
		from = point
	}
	join(from, to)
}

func join(from, to *place) {
	from.next = append(from.next, to)
	to.above = append(to.above, from)
}

// order sorts each rank by the mean position of the neighbours above, or below when it goes upwards.
func (l *layout) order(upwards bool) {
	at := map[*place]int{}
	for _, rank := range l.ranks {
		for i, p := range rank {
			at[p] = i
		}
	}
	for k := range l.ranks {
		neighbours := func(p *place) []*place { return p.above }
		if upwards {
			k = len(l.ranks) - 1 - k
			neighbours = func(p *place) []*place { return p.next }
		}
		mean := map[*place]int{}
		for i, p := range l.ranks[k] {
			mean[p] = 1000 * i
			if list := neighbours(p); len(list) > 0 {
				sum := 0
				for _, q := range list {
					sum += 1000 * at[q]
				}
				mean[p] = sum / len(list)
			}
		}
		slices.SortStableFunc(l.ranks[k], func(p, q *place) int { return cmp.Compare(mean[p], mean[q]) })
		for i, p := range l.ranks[k] {
			at[p] = i
		}
	}
}

// spread gives places an x: each as near to the mean of its neighbours as those beside it allow.
func (l *layout) spread() {
	for _, rank := range l.ranks {
		x := 0
		for i, p := range rank {
			if i > 0 {
				x += distance(rank[i-1], p)
			}
			p.x = x
		}
		for _, p := range rank {
			p.x -= x / 2
		}
	}
	for round := range 8 {
		for k := range l.ranks {
			if round%2 == 0 {
				settle(l.ranks[k], func(p *place) []*place { return p.above })
			} else {
				settle(l.ranks[len(l.ranks)-1-k], func(p *place) []*place { return p.next })
			}
		}
	}
}

// distance returns the least distance of the centres of neighbours.
func distance(p, q *place) int { return (p.width()+q.width())/2 + gap }

// settle moves a rank's places towards their neighbours on another rank: half way between the leftmost and the rightmost way to keep distances.
func settle(rank []*place, neighbours func(*place) []*place) {
	n := len(rank)
	want, left, right := make([]int, n), make([]int, n), make([]int, n)
	for i, p := range rank {
		want[i] = p.x
		if list := neighbours(p); len(list) > 0 {
			sum := 0
			for _, q := range list {
				sum += q.x
			}
			want[i] = sum / len(list)
		}
		left[i] = want[i]
		if i > 0 {
			left[i] = max(left[i], left[i-1]+distance(rank[i-1], p))
		}
	}
	for i := n - 1; i >= 0; i-- {
		right[i] = want[i]
		if i < n-1 {
			right[i] = min(right[i], right[i+1]-distance(rank[i], rank[i+1]))
		}
		rank[i].x = (left[i] + right[i]) / 2
	}
}

// columns breaks the ranks into as many columns as bring the picture nearest to half as wide again as high, and gives places their final coordinates.
func (l *layout) columns() {
	least := 0
	for n := 1; n <= 16; n++ {
		per := (len(l.ranks) + n - 1) / n
		ratio := 1000 * l.place(per) / (2*margin + per*rankHeight)
		if off := max(ratio, 1500*1500/max(ratio, 1)); n == 1 || off < least {
			least, l.perColumn = off, per
		}
	}
	l.width = l.place(l.perColumn)
	l.height = 2*margin + l.perColumn*rankHeight
	x := margin
	for first := 0; first < len(l.ranks); first += l.perColumn {
		part := l.ranks[first:min(first+l.perColumn, len(l.ranks))]
		low, high := extent(part)
		for k, rank := range part {
			for _, p := range rank {
				p.x += x - low
				p.y = margin + k*rankHeight
			}
		}
		l.left = append(l.left, x)
		x += high - low + gutter
	}
}

// place returns the width of the picture with so many ranks a column.
func (l *layout) place(per int) int {
	width := 2*margin - gutter
	for first := 0; first < len(l.ranks); first += per {
		low, high := extent(l.ranks[first:min(first+per, len(l.ranks))])
		width += high - low + gutter
	}
	return width
}

// extent returns the borders of ranks.
func extent(ranks [][]*place) (low, high int) {
	first := true
	for _, rank := range ranks {
		for _, p := range rank {
			l, h := p.x-p.width()/2, p.x+p.width()/2
			if first || l < low {
				low = l
			}
			if first || h > high {
				high = h
			}
			first = false
		}
	}
	return low, high
}
