package convert

import (
	"fmt"
	"strings"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/calibrate"
	"github.com/octetlite/octet/pkg/quantize"
	"github.com/octetlite/octet/pkg/recipe"
)

// Scheme is what becomes of weights and activations.
type Scheme string

// The schemes; package quantize says what they are.
const (
	None       Scheme = "none" // stays float
	Float16    Scheme = "float16"
	Dynamic    Scheme = "dynamic"
	WeightOnly Scheme = "weight-only"
	Int8       Scheme = "int8"
	Int16x8    Scheme = "int16x8"
)

// schemes lists all but None, in the order in which help shows them.
var schemes = []struct {
	name Scheme
	of   quantize.Scheme
}{
	{Float16, quantize.Float16}, {Dynamic, quantize.Dynamic}, {WeightOnly, quantize.WeightOnly}, {Int8, quantize.Int8}, {Int16x8, quantize.Int16x8},
}

// Schemes returns the names of all schemes.
func Schemes() []string {
	list := []string{string(None)}
	for _, row := range schemes {
		list = append(list, string(row.name))
	}
	return list
}

// of returns package quantize's scheme; false for None, and for a name that is none.
func (s Scheme) of() (quantize.Scheme, bool) {
	for _, row := range schemes {
		if row.name == s {
			return row.of, true
		}
	}
	return 0, false
}

// Calibrated reports whether the scheme needs the ranges of activations, from a dataset or a file.
func (s Scheme) Calibrated() bool {
	q, ok := s.of()
	return ok && q.Calibrated()
}

// integers are those of a calibrated scheme's activations.
func (s Scheme) integers() calibrate.Integers {
	if s == Int16x8 {
		return calibrate.Int16
	}
	return calibrate.Int8
}

// The choices of package quantize, for those who may not import it.
type (
	Compat = quantize.Compat
	IO     = quantize.IOType
)

// Their values.
const (
	OctetRules  = quantize.Default
	TFLiteRules = quantize.TFLite
	IOOwn       = quantize.OwnIO
	IOInt8      = quantize.Int8IO
	IOUint8     = quantize.UInt8IO
	IOFloat32   = quantize.Float32IO
	IOInt16     = quantize.Int16IO
)

// Options say what to make of a model. The zero value converts without quantizing.
type Options struct {
	Scheme    Scheme
	Signature string           // the entry that is calibrated; the first if empty
	SkipBad   bool             // leave bad samples out, and count them
	Fold      bool             // with Scheme None: fold float16 and sparse weights into float32 ones
	Quantize  quantize.Options // but for its scheme, which follows from Scheme
	// Calibrator chooses the ranges of activations from statistics.
	Calibrator calibrate.Calibrator
	// Auto leaves the choice of Calibrator to Choose, for which Calibrate observes what all candidates need and holds samples out.
	Auto bool
	// Holdout is how many of the last samples are left to verification: neither Calibrate nor Choose sees them.
	Holdout Holdout
	// recipe gives operators schemes of their own; nil if all have Scheme. SetRecipe sets it, and what errors call it.
	recipe     *recipe.Recipe
	recipeName string
	// Observe is what statistics hold besides what the calibrator needs, for later use.
	Observe calib.Spec
}

// ParseCalibrator reads a calibrator's name, for those who may not import package calibrate; the empty string is the default.
func ParseCalibrator(text string) (calibrate.Calibrator, error) { return calibrate.Parse(text) }

// ParseFit reads the name of a fit of weights, for those who may not import package quantize; the empty string is the default.
func ParseFit(text string) (quantize.Fit, error) { return quantize.ParseFit(text) }

// SetRecipe lets a recipe in either form that package recipe reads say what becomes of each operator. Scheme becomes that of its integer operators, or else its first that quantizes.
// Errors of later use say "recipe" and the name of its file, which may be empty.
func (o *Options) SetRecipe(name string, content []byte) error {
	r, err := recipe.Parse(content)
	if err != nil {
		return err
	}
	o.recipe, o.recipeName, o.Scheme = r, strings.TrimSpace("recipe "+name), Scheme(r.Scheme().String())
	return nil
}

const inspectNames = "'octet inspect --tensors' lists operators and names"

// Plan returns what the recipe means for a model.
func (o Options) Plan(f *Float) (*recipe.Plan, error) {
	p, err := o.recipe.Plan(f.Model)
	if err != nil {
		return nil, &Error{Kind: BadInput, Source: f.Source, Err: fmt.Errorf("%s: %w", o.recipeName, err), Hint: inspectNames}
	}
	return p, nil
}

// Observed returns what calibration observes.
func (o Options) Observed() calib.Spec {
	spec := o.Observe.Union(o.Calibrator.Needs())
	if o.Auto {
		for _, c := range calibrate.Candidates() {
			spec = spec.Union(c.Needs())
		}
	}
	return spec
}

// Validate reports options that contradict each other.
func (o Options) Validate() error {
	if o.Scheme == None {
		return nil
	}
	if _, ok := o.Scheme.of(); !ok {
		return &Error{Kind: BadInput, Err: fmt.Errorf("unknown scheme %q", o.Scheme), Hint: strings.Join(Schemes(), ", ")}
	}
	if err := o.quantize().Validate(); err != nil {
		return &Error{Kind: BadInput, Err: err}
	}
	if o.Auto && !o.Scheme.Calibrated() {
		return &Error{Kind: BadInput, Err: fmt.Errorf("calibrator %s is about ranges of activations, which %s does not use", Auto, o.Scheme)}
	}
	return nil
}

// quantize returns the options of package quantize, the scheme among them.
func (o Options) quantize() quantize.Options {
	q := o.Quantize
	q.Scheme, _ = o.Scheme.of()
	return q
}

// Folding reports whether the float passes run for these options.
func (o Options) Folding() bool { return o.Scheme != None || o.Fold }
