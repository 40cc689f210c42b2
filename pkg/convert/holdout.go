package convert

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/octetlite/octet/pkg/shard"
)

// Holdout says how many of a dataset's samples, the last ones, calibration leaves to verification: so many, or so many percent of them, rounded down to 1 at least. The zero value leaves
// none.
type Holdout struct {
	Samples int
	Percent float64
}

// DefaultHoldout is what verification gets if nobody says otherwise.
var DefaultHoldout = Holdout{Percent: 10}

// ParseHoldout reads "20" or "10%".
func ParseHoldout(text string) (h Holdout, err error) {
	if number, ok := strings.CutSuffix(text, "%"); ok {
		h.Percent, err = strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || !(h.Percent > 0 && h.Percent < 100) {
			return h, fmt.Errorf("%q is not between 0%% and 100%%", text)
		}
		return h, nil
	}
	if h.Samples, err = strconv.Atoi(text); err != nil || h.Samples < 1 {
		return h, fmt.Errorf("%q is neither a number of samples nor a percentage", text)
	}
	return h, nil
}

// String returns what ParseHoldout reads.
func (h Holdout) String() string {
	if h.Percent > 0 {
		return strconv.FormatFloat(h.Percent, 'g', -1, 64) + "%"
	}
	return strconv.Itoa(h.Samples)
}

// Of returns the samples that are left to verification. Those in front of them, of which there is one at least, are calibrated on.
func (h Holdout) Of(samples int) (shard.Range, error) {
	n := h.Samples
	if h.Percent > 0 {
		n = max(int(float64(samples)*h.Percent/100), 1)
	}
	if n > 0 && n >= samples {
		return shard.Range{}, &Error{Kind: BadInput, Err: fmt.Errorf("a holdout of %v leaves nothing of %d samples to calibrate on", h, samples), Hint: "give more samples, or hold out less"}
	}
	return shard.Range{First: samples - n, Last: samples}, nil
}

// parts returns how many samples of a dataset are calibrated on, which are the first ones, and those that Choose compares outputs over, if it is to.
func (o Options) parts(samples int) (calibrated int, held shard.Range, err error) {
	rest, err := o.Holdout.Of(samples)
	if err != nil {
		return 0, held, err
	}
	if !o.Auto {
		return rest.First, held, nil
	}
	held, err = HeldOut(rest.First)
	return held.First, held, err
}
