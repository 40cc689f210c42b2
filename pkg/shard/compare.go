package shard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/numerics"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
	"github.com/octetlite/octet/pkg/verify"
)

// Comparison is a float model and quantized ones that are ready to be compared over shards. It is safe for concurrent use.
type Comparison struct {
	compared *verify.Comparison
	inputs   []dataset.Input
	idle     idle[*verify.Session]
}

// Pair decodes a float flatbuffer and quantized ones, and pairs the values of each with those of the float model. The signature selects the float model's graph, the first one if it
// is empty; that of a quantized model is the signature of the same key, its first if it has none.
func Pair(float []byte, quantized [][]byte, signature string) ([]*verify.Pairing, error) {
	f, err := side(float, signature)
	if err != nil {
		return nil, err
	}
	var pairings []*verify.Pairing
	for _, data := range quantized {
		q, err := side(data, f.Signature.Key)
		if err != nil {
			if q, err = side(data, ""); err != nil {
				return nil, &verify.ModelError{Err: err}
			}
		}
		p, err := verify.Match(f, q)
		if err != nil {
			return nil, err
		}
		pairings = append(pairings, p)
	}
	return pairings, nil
}

func side(flatbuffer []byte, signature string) (verify.Model, error) {
	m, err := tflite.Decode(flatbuffer)
	if err != nil {
		return verify.Model{}, err
	}
	sig, err := Signature(m, signature)
	if err != nil {
		return verify.Model{}, err
	}
	sum := sha256.Sum256(flatbuffer)
	return verify.Model{Model: m, Signature: sig, Digest: hex.EncodeToString(sum[:])}, nil
}

// LoadComparison pairs models as Pair does and compiles them. Operators that can't be executed are an *exec.UnsupportedError, in a *verify.ModelError if they are a quantized model's.
func LoadComparison(float []byte, quantized [][]byte, signature string, q verify.Question) (*Comparison, error) {
	pairings, err := Pair(float, quantized, signature)
	if err != nil {
		return nil, err
	}
	c, err := verify.Prepare(pairings, q)
	if err != nil {
		return nil, err
	}
	f := pairings[0].Float
	return &Comparison{compared: c, inputs: Inputs(f.Model, f.Signature)}, nil
}

// Inputs returns what a sample holds, in order.
func (c *Comparison) Inputs() []dataset.Input { return c.inputs }

// Compare runs the models of a comparison over a shard's samples. labels may be nil where the question needs none, and spec.Observe plays no part. progress, if not nil, is called after
// each sample.
func Compare(ctx context.Context, c *Comparison, samples Samples, labels *dataset.Labels, spec Spec, progress func()) (*verify.Part, error) {
	w := c.idle.take(c.compared.Session)
	defer c.idle.give(w)
	session := w.session
	session.Start()
	part := session.Part()
	err := each(ctx, samples, len(c.inputs), &w.samples, spec, progress, session, func(i int, in []*tensor.Tensor, bad *dataset.SampleError) error {
		if i < spec.Range.First {
			if bad != nil {
				return nil //nolint:nilerr // it is left out where it belongs to
			}
			return session.Pass(in)
		}
		if bad != nil {
			part.Skipped = append(part.Skipped, verify.Skip{Sample: i, Source: bad.Source, Reason: bad.Reason})
			return nil //nolint:nilerr // it is left out
		}
		var label []int32
		if labels != nil {
			var err error
			if label, err = labels.Label(i); err != nil {
				return fmt.Errorf("its label: %w", err)
			}
		}
		return session.Sample(in, label)
	})
	if err != nil {
		return nil, err
	}
	part.Dataset, part.Labels, part.Numerics = spec.Dataset, spec.Labels, numerics.Version
	return part, nil
}

// MergeComparisons folds the parts of all shards of a plan, in their order. Parts without a single usable sample are an error: nothing was compared.
func MergeComparisons(parts []*verify.Part) (*verify.Part, error) {
	part, err := verify.Merge(parts...)
	if err != nil {
		return nil, err
	}
	if part.Samples == 0 {
		if len(part.Skipped) > 0 {
			s := part.Skipped[0]
			return nil, allBad(len(part.Skipped), s.Source, s.Reason)
		}
		return nil, errEmpty
	}
	return part, nil
}
