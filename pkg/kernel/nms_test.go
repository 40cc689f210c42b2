package kernel

import (
	"slices"
	"testing"
)

func TestSuppression(t *testing.T) {
	boxes := []float32{ // the first three overlap, the fourth is one of them upside down, the last has no area
		0, 0, 1, 1,
		0, 0.1, 1, 1.1,
		0, 0.9, 1, 1.9,
		1, 1.1, 0, 0.1,
		5, 5, 5, 6,
	}
	for name, c := range map[string]struct {
		s      Suppression
		scores []float32
		most   int
		want   []int32
	}{
		"hard":             {Suppression{IoU: 0.5, Least: 0}, []float32{0.9, 0.8, 0.7, 0.6, 0.5}, 5, []int32{0, 2, 4}},
		"order by scores":  {Suppression{IoU: 0.5, Least: 0}, []float32{0.1, 0.2, 0.3, 0.4, 0.5}, 5, []int32{4, 3, 2}},
		"limited":          {Suppression{IoU: 0.5, Least: 0}, []float32{0.9, 0.8, 0.7, 0.6, 0.5}, 2, []int32{0, 2}},
		"threshold":        {Suppression{IoU: 0.5, Least: 0.7}, []float32{0.9, 0.8, 0.7, 0.6, 0.5}, 5, []int32{0}},
		"equal scores":     {Suppression{IoU: 0.5, Least: 0}, []float32{0.5, 0.5, 0.5, 0.5, 0.5}, 5, []int32{0, 2, 4}},
		"nothing overlaps": {Suppression{IoU: 1, Least: 0}, []float32{0.9, 0.8, 0.7, 0.6, 0.5}, 5, []int32{0, 1, 2, 3, 4}},
		"soft":             {Suppression{IoU: 1, Least: 0, Sigma: 0.5}, []float32{0.9, 0.8, 0.7, 0.6, 0.5}, 5, []int32{0, 2, 4, 1, 3}},
	} {
		memory := make([]float32, 15)
		chosen, scores := make([]int32, c.most), make([]float32, c.most)
		n := c.s.Choose(chosen, scores, boxes, c.scores, NewCandidates(memory, 5))
		if !slices.Equal(chosen[:n], c.want) {
			t.Errorf("%s: chooses %v with %v, want %v", name, chosen[:n], scores[:n], c.want)
		}
		if !slices.IsSortedFunc(scores[:n], func(a, b float32) int {
			if a < b {
				return 1
			}
			return -1
		}) && n > 1 && scores[0] != scores[n-1] {
			t.Errorf("%s: scores %v", name, scores[:n])
		}
	}
}
