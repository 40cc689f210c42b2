// Package report tells people what became of a model: a page that needs nothing but a browser, and the same content as JSON.
//
// New puts a Document together from the two models and from what is known of them: statistics of activations, the quantizer's report, a comparison on samples. What is not known is
// left out. WriteHTML and WriteJSON give the same bytes for the same Document.
package report

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/verify"
)

// Format and Version head a Document's JSON; docs/report.md describes it.
const (
	Format  = "octet-report"
	Version = 1
)

// Document is what a report holds. Its lists are in the order of the quantized model's graphs, nodes and values.
type Document struct {
	Format     string     `json:"format"`
	Version    int        `json:"version"`
	Source     File       `json:"source"`
	Result     File       `json:"result"`
	Provenance Provenance `json:"provenance"`
	Work       []Work     `json:"work"`     // by scheme
	Estimate   Estimate   `json:"estimate"` // of what the schemes save
	Graphs     []string   `json:"graphs"`   // their names
	Operators  []Operator `json:"operators"`
	Tensors    []Tensor   `json:"tensors"` // activations of the quantized model that are stored as integers, or of which something is known
	Notes      []string   `json:"notes,omitempty"`

	Verification *verify.Result `json:"verification,omitempty"`

	model *ir.Model // the quantized one, which the page draws
}

// File is a model's file.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // hex digest; of a source that is no single file, that of its float flatbuffer
}

// Provenance says where a result comes from: who has all of it can make the same bytes.
type Provenance struct {
	Program    string   `json:"program"` // its version
	Numerics   int      `json:"numerics"`
	Command    []string `json:"command,omitempty"`    // arguments of the command that made the report, the program's name first
	Scheme     string   `json:"scheme,omitempty"`     // as --quantize takes it
	Calibrator string   `json:"calibrator,omitempty"` // as --calibrator takes it
	Compat     string   `json:"compat,omitempty"`     // as --compat takes it
	IO         string   `json:"io,omitempty"`         // as --io takes it
	Recipe     string   `json:"recipe,omitempty"`     // its text
	Float      string   `json:"float,omitempty"`      // sha256 of the float flatbuffer
	Dataset    string   `json:"dataset,omitempty"`    // digest of the representative dataset's manifest
	Samples    uint64   `json:"samples,omitempty"`    // that were calibrated over
	Skipped    int      `json:"skipped,omitempty"`    // that were left out
}

// Work is what the operators of a scheme do.
type Work struct {
	Scheme    Scheme `json:"scheme"`
	Operators int    `json:"operators"`
	MACs      int64  `json:"macs"`         // products and additions of one run
	Weights   int64  `json:"weight_bytes"` // of constants
}

// Estimate compares one run of the result with one of its float model by counting. It is no measurement: kernels differ, and so do devices.
type Estimate struct {
	// Arithmetic is the time of all products, in proportion to the float model's: one of int8 counts for a quarter of a float one, one of int16 by int8 for a half, as their
	// operands' sizes are in vector registers. nil if the model has no products.
	Arithmetic *float64 `json:"arithmetic,omitempty"`
	// FloatTraffic and Traffic are the bytes of weights and activations that operators read and write.
	FloatTraffic int64 `json:"float_traffic_bytes"`
	Traffic      int64 `json:"traffic_bytes"`
}

// Operator is an operator of the quantized model.
type Operator struct {
	Graph   int      `json:"graph"`
	Node    int      `json:"node"` // its position in the graph
	Op      string   `json:"op"`
	Output  string   `json:"output"` // the name of its first result
	Type    string   `json:"type"`   // of that, as "i8[1,7,7,64]"
	Scheme  Scheme   `json:"scheme"`
	MACs    int64    `json:"macs,omitempty"`
	Weights int64    `json:"weight_bytes,omitempty"`
	Why     string   `json:"why_float,omitempty"`
	SQNR    *float64 `json:"sqnr_db,omitempty"` // of its worst result; with a verification
	Drop    *float64 `json:"drop_db,omitempty"` // how much worse that is than its worst operand, if that has an error
}

// Tensor is an activation of the quantized model.
type Tensor struct {
	Graph int      `json:"graph"`
	Index int      `json:"tensor"` // its position among the graph's values
	Name  string   `json:"name"`
	Type  string   `json:"type"`
	Op    string   `json:"op,omitempty"` // that makes it; empty for inputs
	Scale *float64 `json:"scale,omitempty"`
	Zero  int64    `json:"zero_point,omitempty"`
	Low   *float64 `json:"low,omitempty"` // the least and the greatest number that its integers stand for
	High  *float64 `json:"high,omitempty"`
	Seen  *Seen    `json:"seen,omitempty"` // in calibration

	Error *verify.Error `json:"error,omitempty"` // with a verification
}

// Seen is what calibration saw of a tensor of the float model.
type Seen struct {
	Min       float64    `json:"min"`
	Max       float64    `json:"max"`
	Clipped   *float64   `json:"clipped,omitempty"` // share of the elements more than half a step beyond Low and High, by the histogram; those of a bin that this lies in are divided evenly
	Histogram *Histogram `json:"histogram,omitempty"`
}

// Histogram counts elements in bins of equal width. Neighbouring bins of the statistics are added up, so that there are at most 64.
type Histogram struct {
	From   float64  `json:"from"`  // where the first bin begins
	Width  float64  `json:"width"` // of a bin
	Counts []uint64 `json:"counts"`
}

// WriteJSON writes the document as JSON.
func (d *Document) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(d); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}
