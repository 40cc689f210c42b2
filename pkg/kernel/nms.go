package kernel

import "unsafe"

// Suppression chooses boxes that do not overlap much, the ones of the highest scores first; of equal scores the first box comes first.
type Suppression struct {
	IoU   float32 // boxes whose intersection is a greater part of their union are not both chosen
	Least float32 // scores that are not greater are not chosen
	Sigma float32 // if positive, scores fall by exp(-IoU²/2σ) for each chosen box that overlaps
}

// Candidates is the memory that Choose needs, three lists with an element for each box.
type Candidates struct {
	heap  []int32 // boxes, the best first
	begin []int32 // for each box how many chosen ones its score takes into account
	score []float32
}

// NewCandidates makes use of memory for at least 3n numbers, where n is the number of boxes.
func NewCandidates(memory []float32, n int) Candidates {
	ints := unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(memory))), 2*n)
	return Candidates{heap: ints[:n], begin: ints[n:], score: memory[2*n : 3*n]}
}

// Choose stores the chosen boxes, and their scores where chosenScores is not nil, and returns how many there are: at most len(chosen). Boxes are four numbers each, two opposite corners in
// the order y, x, y, x.
func (s Suppression) Choose(chosen []int32, chosenScores, boxes, scores []float32, c Candidates) int {
	n, count := 0, 0
	for i, score := range scores {
		if score > s.Least {
			c.score[i], c.begin[i] = score, 0
			c.heap[n] = int32(i)
			n++
			c.rise(n - 1)
		}
	}
	for n > 0 && count < len(chosen) {
		best := c.heap[0]
		score := c.score[best]
		for j := count - 1; j >= int(c.begin[best]); j-- {
			overlap := iou(boxes[4*best:], boxes[4*chosen[j]:])
			if overlap > s.IoU && !(s.Sigma > 0) {
				score = s.Least
			} else if s.Sigma > 0 {
				score *= F32Exp(-0.5 / s.Sigma * overlap * overlap)
				if overlap > s.IoU {
					score = 0
				}
			}
			if !(score > s.Least) {
				break
			}
		}
		if score == c.score[best] {
			chosen[count] = best
			if chosenScores != nil {
				chosenScores[count] = score
			}
			count++
			score = s.Least
		}
		if score > s.Least {
			c.score[best], c.begin[best] = score, int32(count)
		} else {
			n--
			c.heap[0] = c.heap[n]
		}
		c.sink(n)
	}
	return count
}

// before reports whether box a comes before box b.
func (c Candidates) before(a, b int32) bool {
	if c.score[a] != c.score[b] {
		return c.score[a] > c.score[b]
	}
	return a < b
}

// rise moves element i of the heap to its place among those above it.
func (c Candidates) rise(i int) {
	for i > 0 {
		up := (i - 1) / 2
		if !c.before(c.heap[i], c.heap[up]) {
			return
		}
		c.heap[i], c.heap[up] = c.heap[up], c.heap[i]
		i = up
	}
}

// sink moves the first of the heap's n elements to its place.
func (c Candidates) sink(n int) {
	for i := 0; ; {
		down := 2*i + 1
		if down >= n {
			return
		}
		if down+1 < n && c.before(c.heap[down+1], c.heap[down]) {
			down++
		}
		if !c.before(c.heap[down], c.heap[i]) {
			return
		}
		c.heap[i], c.heap[down] = c.heap[down], c.heap[i]
		i = down
	}
}

// iou returns what part of the union of two boxes their intersection is, 0 if one has no area.
func iou(a, b []float32) float32 {
	top, left, bottom, right := min(a[0], a[2]), min(a[1], a[3]), max(a[0], a[2]), max(a[1], a[3])
	top2, left2, bottom2, right2 := min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]), max(b[1], b[3])
	area, area2 := float32((bottom-top)*(right-left)), float32((bottom2-top2)*(right2-left2))
	if !(area > 0 && area2 > 0) {
		return 0
	}
	high, wide := max(min(bottom, bottom2)-max(top, top2), 0), max(min(right, right2)-max(left, left2), 0)
	both := float32(high * wide)
	return both / (area + area2 - both)
}
