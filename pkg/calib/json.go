package calib

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/octetlite/octet/pkg/quant"
)

// formatName and formatVersion head every file of statistics; docs/statistics.md describes it. Version 1 had ranges alone.
const (
	formatName    = "octet-stats"
	formatVersion = 2
)

type statsJSON struct {
	Format     string       `json:"format"`
	Version    int          `json:"version"`
	Kind       Kind         `json:"kind"`
	Model      string       `json:"model"`
	Dataset    string       `json:"dataset,omitempty"`
	Numerics   int          `json:"numerics"`
	Samples    uint64       `json:"samples"`
	Skipped    []skipJSON   `json:"skipped,omitempty"`
	Histograms bool         `json:"histograms,omitempty"`
	PerSample  bool         `json:"per_sample,omitempty"`
	Tensors    []tensorJSON `json:"tensors"`
}

type skipJSON struct {
	Sample int    `json:"sample"`
	Source string `json:"source"`
	Reason string `json:"reason"`
}

type tensorJSON struct {
	Subgraph  int            `json:"subgraph"`
	Index     int            `json:"tensor"`
	Name      string         `json:"name"`
	Samples   uint64         `json:"samples"`
	Elements  uint64         `json:"elements"`
	NaN       uint64         `json:"nan,omitempty"`
	Inf       uint64         `json:"inf,omitempty"`
	Min       number         `json:"min"`
	Max       number         `json:"max"`
	Histogram *histogramJSON `json:"histogram,omitempty"`
	PerSample *perSampleJSON `json:"per_sample,omitempty"`
}

type histogramJSON struct {
	Exp    int    `json:"exp"`
	First  int    `json:"first"`
	Counts packed `json:"counts"`
}

type perSampleJSON struct {
	Samples packed `json:"samples"`
	Min     packed `json:"min"`
	Max     packed `json:"max"`
}

// number is a float32 in its shortest exact decimal form; infinities are the strings "inf" and "-inf".
type number float32

func (n number) MarshalJSON() ([]byte, error) {
	switch f := float64(n); {
	case math.IsInf(f, 1):
		return []byte(`"inf"`), nil
	case math.IsInf(f, -1):
		return []byte(`"-inf"`), nil
	case math.IsNaN(f):
		return nil, fmt.Errorf("a range can't be NaN")
	default:
		return strconv.AppendFloat(nil, f, 'g', -1, 32), nil
	}
}

func (n *number) UnmarshalJSON(text []byte) error {
	f, err := strconv.ParseFloat(string(bytes.Trim(text, `"`)), 32)
	if err != nil || math.IsNaN(f) {
		return fmt.Errorf("bad number %s", text)
	}
	*n = number(f)
	return nil
}

// Encode returns the file form: JSON, one tensor to a line, the same bytes for the same statistics.
func (s *Stats) Encode() ([]byte, error) {
	head := statsJSON{Format: formatName, Version: formatVersion, Kind: s.Kind, Model: s.Model, Dataset: s.Dataset, Numerics: s.Numerics, Samples: s.Samples,
		Histograms: s.Spec.Histogram, PerSample: s.Spec.PerSample}
	for _, k := range s.Skipped {
		head.Skipped = append(head.Skipped, skipJSON(k))
	}
	head.Tensors = []tensorJSON{}
	text, err := json.Marshal(head)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Write(bytes.TrimSuffix(text, []byte("]}")))
	for i, t := range s.Tensors {
		line, err := json.Marshal(tensorJSON{
			Subgraph: t.Subgraph, Index: t.Index, Name: t.Name, Samples: t.Samples,
			Elements: t.Range.Count, NaN: t.Range.NaN, Inf: t.Range.Inf, Min: number(t.Range.Min), Max: number(t.Range.Max),
			Histogram: packHistogram(t.Histogram), PerSample: packSamples(t.PerSample),
		})
		if err != nil {
			return nil, fmt.Errorf("tensor %d of graph %d: %w", t.Index, t.Subgraph, err)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
		b.Write(line)
	}
	b.WriteString("\n]}\n")
	return b.Bytes(), nil
}

// Decode reads the file form and checks it.
func Decode(data []byte) (*Stats, error) {
	var head statsJSON
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&head); err != nil {
		return nil, fmt.Errorf("statistics: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("statistics: there is something behind them")
	}
	switch {
	case head.Format != formatName:
		return nil, fmt.Errorf("statistics: format is %q, want %q", head.Format, formatName)
	case head.Version < 1 || head.Version > formatVersion:
		return nil, fmt.Errorf("statistics: version %d is not supported, want at most %d", head.Version, formatVersion)
	case head.Kind != True && head.Kind != TFLiteCalibrator:
		return nil, fmt.Errorf("statistics: unknown kind %q", head.Kind)
	}
	s := &Stats{Kind: head.Kind, Model: head.Model, Dataset: head.Dataset, Numerics: head.Numerics, Samples: head.Samples, Spec: Spec{head.Histograms, head.PerSample}}
	for _, k := range head.Skipped {
		s.Skipped = append(s.Skipped, Skip(k))
	}
	for i := range head.Tensors {
		t, err := head.Tensors[i].tensor(s.Spec)
		if err != nil {
			return nil, fmt.Errorf("statistics: tensor %d of graph %d: %w", head.Tensors[i].Index, head.Tensors[i].Subgraph, err)
		}
		s.Tensors = append(s.Tensors, t)
	}
	s.sort()
	for i := 1; i < len(s.Tensors); i++ {
		if s.Tensors[i].Key == s.Tensors[i-1].Key {
			return nil, fmt.Errorf("statistics: tensor %d of graph %d is listed twice", s.Tensors[i].Index, s.Tensors[i].Subgraph)
		}
	}
	return s, nil
}

// tensor checks what a file says of a tensor.
func (j *tensorJSON) tensor(spec Spec) (Tensor, error) {
	t := Tensor{
		Key: Key{j.Subgraph, j.Index}, Name: j.Name, Samples: j.Samples,
		Range: quant.Range{Min: float32(j.Min) + 0, Max: float32(j.Max) + 0, Count: j.Elements, NaN: j.NaN, Inf: j.Inf},
	}
	if (j.Histogram != nil && !spec.Histogram) || (j.PerSample != nil && !spec.PerSample) {
		return t, fmt.Errorf("holds more than %v, which the file says it has", spec)
	}
	var err error
	if spec.Histogram {
		if t.Histogram, err = j.Histogram.unpack(t.Range); err != nil {
			return t, fmt.Errorf("histogram: %w", err)
		}
	}
	if spec.PerSample {
		if t.PerSample, err = j.PerSample.unpack(t.Range, t.Samples); err != nil {
			return t, fmt.Errorf("ranges of samples: %w", err)
		}
	}
	return t, nil
}

// Digest returns the hex sha256 of the file form.
func (s *Stats) Digest() (string, error) {
	data, err := s.Encode()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}
