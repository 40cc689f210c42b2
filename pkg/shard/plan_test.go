package shard

import (
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
