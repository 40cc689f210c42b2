package calib

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/octetlite/octet/pkg/quant"
)

// formatName and formatVersion head every file of statistics.
const (
	formatName    = "octet-stats"
	formatVersion = 1
)

type statsJSON struct {
	Format   string       `json:"format"`
	Version  int          `json:"version"`
	Kind     Kind         `json:"kind"`
	Model    string       `json:"model"`
	Dataset  string       `json:"dataset,omitempty"`
	Numerics int          `json:"numerics"`
	Samples  uint64       `json:"samples"`
	Skipped  []skipJSON   `json:"skipped,omitempty"`
	Tensors  []tensorJSON `json:"tensors"`
}

type skipJSON struct {
	Sample int    `json:"sample"`
	Source string `json:"source"`
	Reason string `json:"reason"`
}

type tensorJSON struct {
	Subgraph int    `json:"subgraph"`
	Index    int    `json:"tensor"`
	Name     string `json:"name"`
	Samples  uint64 `json:"samples"`
	Elements uint64 `json:"elements"`
	NaN      uint64 `json:"nan,omitempty"`
	Inf      uint64 `json:"inf,omitempty"`
	Min      number `json:"min"`
	Max      number `json:"max"`
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
	head := statsJSON{Format: formatName, Version: formatVersion, Kind: s.Kind, Model: s.Model, Dataset: s.Dataset, Numerics: s.Numerics, Samples: s.Samples}
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
	switch {
	case head.Format != formatName:
		return nil, fmt.Errorf("statistics: format is %q, want %q", head.Format, formatName)
	case head.Version != formatVersion:
		return nil, fmt.Errorf("statistics: version %d is not supported, want %d", head.Version, formatVersion)
	case head.Kind != True && head.Kind != TFLiteCalibrator:
		return nil, fmt.Errorf("statistics: unknown kind %q", head.Kind)
	}
	s := &Stats{Kind: head.Kind, Model: head.Model, Dataset: head.Dataset, Numerics: head.Numerics, Samples: head.Samples}
	for _, k := range head.Skipped {
		s.Skipped = append(s.Skipped, Skip(k))
	}
	for _, t := range head.Tensors {
		s.Tensors = append(s.Tensors, Tensor{
			Key: Key{t.Subgraph, t.Index}, Name: t.Name, Samples: t.Samples,
			Range: quant.Range{Min: float32(t.Min) + 0, Max: float32(t.Max) + 0, Count: t.Elements, NaN: t.NaN, Inf: t.Inf},
		})
	}
	s.sort()
	for i := 1; i < len(s.Tensors); i++ {
		if s.Tensors[i].Key == s.Tensors[i-1].Key {
			return nil, fmt.Errorf("statistics: tensor %d of graph %d is listed twice", s.Tensors[i].Index, s.Tensors[i].Subgraph)
		}
	}
	return s, nil
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
