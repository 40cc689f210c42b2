package verify

import (
	"errors"
	"fmt"
)

// Limits are what a quantized model must hold to. nil is no limit.
type Limits struct {
	MaxDrop *float64 // of Score.Drop, in percentage points
	MinSQNR *float64 // of each output, in dB
}

// Broken is a limit that does not hold.
type Broken struct {
	Limit  string  `json:"limit"`  // "max-drop" or "min-sqnr"
	Output string  `json:"output"` // that breaks it
	Want   float64 `json:"want"`   // the limit
	Have   float64 `json:"have"`   // what was measured
}

// String says what is wrong: `output "y": SQNR of 12.34 dB, the limit is 20`.
func (b Broken) String() string {
	if b.Limit == "max-drop" {
		return fmt.Sprintf("output %q: a drop of %.4g percentage points, the limit is %g", b.Output, b.Have, b.Want)
	}
	return fmt.Sprintf("output %q: SQNR of %.2f dB, the limit is %g", b.Output, b.Have, b.Want)
}

// Check sets what is broken of the limits. A drop can't be limited where there is no score.
func (r *Result) Check(l Limits) error {
	r.Broken = nil
	if l.MaxDrop != nil {
		if r.Score == nil {
			return errors.New("outputs hold no answers of which there could be fewer right ones")
		}
		if r.Score.Drop > *l.MaxDrop {
			r.Broken = append(r.Broken, Broken{"max-drop", r.Score.Output, *l.MaxDrop, r.Score.Drop})
		}
	}
	if l.MinSQNR == nil {
		return nil
	}
	for _, o := range r.Outputs {
		if o.Integers == 0 && o.SQNR < *l.MinSQNR {
			r.Broken = append(r.Broken, Broken{"min-sqnr", o.Name, *l.MinSQNR, o.SQNR})
		}
	}
	return nil
}
