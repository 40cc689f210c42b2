package calibrate

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"testing"
)

// TestGolden compares with another implementation, conformance/golden_calibrators.py: each end of each range is the same float32.
func TestGolden(t *testing.T) {
	content, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name    string
		Samples []string
		Want    map[string]map[string][2]float32 // by integers and calibrator
	}
	if err := json.Unmarshal(content, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 5 {
		t.Errorf("%d cases", len(cases))
	}
	for _, c := range cases {
		var samples [][]float32
		for _, text := range c.Samples {
			data, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				t.Fatal(err)
			}
			x := make([]float32, len(data)/4)
			for i := range x {
				x[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
			}
			samples = append(samples, x)
		}
		s := observed(samples...)
		for name, of := range map[string]Integers{"int8": Int8, "int16": Int16} {
			if len(c.Want[name]) < 5 {
				t.Errorf("%s, %s: %d calibrators", c.Name, name, len(c.Want[name]))
			}
			for calibrator, want := range c.Want[name] {
				if got := chosenFor(t, calibrator, s, of); got.Min != want[0] || got.Max != want[1] {
					t.Errorf("%s, %s, %s: %v to %v, want %v to %v", c.Name, name, calibrator, got.Min, got.Max, want[0], want[1])
				}
			}
		}
	}
}
