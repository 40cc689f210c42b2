package convert

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/octetlite/octet/pkg/shard"
)

func TestParseHoldout(t *testing.T) {
	for text, want := range map[string]Holdout{"1": {Samples: 1}, "50": {Samples: 50}, "10%": {Percent: 10}, "0.5%": {Percent: 0.5}} {
		h, err := ParseHoldout(text)
		if err != nil || h != want || h.String() != text {
			t.Errorf("%s: %+v (%v), %v", text, h, h, err)
		}
	}
	for _, text := range []string{"", "0", "-1", "0%", "100%", "-5%", "x%", "1.5", "NaN%"} {
		if h, err := ParseHoldout(text); err == nil {
			t.Errorf("%q is %+v", text, h)
		}
	}
}

// A dataset falls into what is calibrated on, what a calibrator is chosen by, and what is left to verification, in this order.
func TestParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5000).Draw(t, "samples")
		opt := Options{Auto: rapid.Bool().Draw(t, "auto")}
		switch rapid.IntRange(0, 2).Draw(t, "holdout") {
		case 1:
			opt.Holdout.Samples = rapid.IntRange(1, 5000).Draw(t, "held")
		case 2:
			opt.Holdout.Percent = rapid.Float64Range(0.01, 99.9).Draw(t, "percent")
		}
		verified, err := opt.Holdout.Of(n)
		if err != nil {
			if opt.Holdout.Samples < n && n > 1 || !strings.Contains(err.Error(), "leaves nothing") {
				t.Fatalf("%v of %d: %v", opt.Holdout, n, err)
			}
			return
		}
		calibrated, chosen, err := opt.parts(n)
		if err != nil {
			if !opt.Auto || verified.First >= 10 {
				t.Fatal(err)
			}
			return
		}
		if opt.Auto != (chosen.Len() > 0) || calibrated < 1 || verified.Last != n || opt.Holdout != (Holdout{}) != (verified.Len() > 0) {
			t.Fatalf("%d: %d, %v, %v", n, calibrated, chosen, verified)
		}
		if opt.Auto && chosen != (shard.Range{First: calibrated, Last: verified.First}) || !opt.Auto && calibrated != verified.First {
			t.Fatalf("%d: %d, %v, %v", n, calibrated, chosen, verified)
		}
	})
}
