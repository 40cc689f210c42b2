package quantize

import (
	"errors"
	"fmt"
	"slices"

	"github.com/octetlite/octet/pkg/quant"
)

// Fit is how the integers of weights are chosen, under all schemes but Float16.
type Fit uint8

// The fits.
const (
	// ByLargest takes each scale from the largest magnitude, as TFLiteConverter and AI Edge Quantizer do.
	ByLargest Fit = iota
	// ByError takes each scale by the least square error of its weights: large ones are clipped where that serves the others. In integer operators it is about weights with a scale for each channel.
	ByError
	// Balanced does so, too, and rounds some weights of products the other way, so that the rounding errors of each channel make up for each other, where fitOf says that this is of use. Weights in blocks, or with one scale, get what
	// ByError gives them.
	Balanced
)

var fits = []string{ByLargest: "largest", ByError: "mse", Balanced: "balanced"}

func (f Fit) String() string { return fits[f] }

// Fits returns the names of all fits.
func Fits() []string { return slices.Clone(fits) }

// ParseFit reads a fit's name; "" is that of the default.
func ParseFit(name string) (Fit, error) {
	if name == "" {
		return ByLargest, nil
	}
	if i := slices.Index(fits, name); i >= 0 {
		return Fit(i), nil
	}
	return 0, fmt.Errorf("fit %q is none of %q", name, fits)
}

// validateFit reports a fit that goes with no other option.
func (o Options) validateFit() error {
	switch {
	case int(o.Fit) >= len(fits):
		return fmt.Errorf("there is no fit %d of weights", o.Fit)
	case o.Fit != ByLargest && o.Scheme == Float16:
		return errors.New("half precision has no scales: a fit of weights is for the other schemes")
	case o.Fit != ByLargest && o.Compat == TFLite:
		return errors.New("TFLiteConverter takes the scales of weights from the largest one: another fit is not by its rules")
	}
	return nil
}

// of is the type of a product's weights in an integer operator by this fit.
func (f Fit) of(t *quant.Type, v *value) *quant.Type {
	if f == ByLargest || !t.PerAxis() {
		return t
	}
	t = t.Closest(v.floats(), v.typ.Shape)
	t.Balanced = f == Balanced
	return t
}
