package shard

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestPlanCoversEachSampleOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 200_000).Draw(t, "samples")
		at := 0
		for i, r := range Plan(n) {
			if r.First != at || r.Len() < 1 || r.Len() > maxSamples {
				t.Fatalf("shard %d of %d samples is %+v, expected to start at %d", i, n, r, at)
			}
			at = r.Last
		}
		if at != n {
			t.Fatalf("plan of %d samples ends at %d", n, at)
		}
	})
}

func TestPiecesCoverEachSampleOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, unit, goroutines := rapid.IntRange(0, 20_000).Draw(t, "samples"), rapid.IntRange(0, 300).Draw(t, "unit"), rapid.IntRange(0, 9).Draw(t, "goroutines")
		at := 0
		for i, r := range Pieces(n, unit, goroutines) {
			if r.First != at || r.Len() < 1 || r.Len() >= maxSamples+max(unit, 1) || r.First%max(unit, 1) != 0 {
				t.Fatalf("piece %d of %d samples by %d is %+v, expected to start at %d", i, n, unit, r, at)
			}
			at = r.Last
		}
		if at != n {
			t.Fatalf("pieces of %d samples end at %d", n, at)
		}
	})
}

// TestPiecesEndTogether demands that goroutines of the same speed, which take pieces in order, end less than a sample apart.
func TestPiecesEndTogether(t *testing.T) {
	for _, goroutines := range []int{1, 2, 3, 8} {
		for _, samples := range []int{1, 10, 25, 100, 101, 4000} {
			done := make([]int, goroutines)
			for _, r := range Pieces(samples, 1, goroutines) {
				first := 0
				for i, n := range done {
					if n < done[first] {
						first = i
					}
				}
				done[first] += r.Len()
			}
			if most := (samples + goroutines - 1) / goroutines; slices.Max(done) > most {
				t.Errorf("%d samples, %d goroutines: they compute %d, want at most %d each", samples, goroutines, done, most)
			}
		}
	}
}
