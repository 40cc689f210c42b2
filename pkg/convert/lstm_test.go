package convert

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/tensor"
)

// sequences are random samples of five steps of 32 numbers.
type sequences struct{}

func (sequences) Sample(i int) ([]*tensor.Tensor, error) {
	r := rand.New(rand.NewPCG(uint64(i), 3))
	t := tensor.New(tensor.Float32, tensor.Shape{1, 5, 32})
	for j := range tensor.View[float32](t) {
		tensor.View[float32](t)[j] = float32(r.NormFloat64())
	}
	return []*tensor.Tensor{t}, nil
}

// A float LSTM without intermediates is calibrated and becomes an integer one, the same whoever measured it, that computes nearly what the float model does.
func TestLSTMBecomesInt8(t *testing.T) {
	source, err := os.ReadFile("../quantize/testdata/weights/lstm/float.tflite")
	if err != nil {
		t.Fatal(err)
	}
	f, err := Load(Source{Name: "lstm.tflite", Data: source}, true)
	if err != nil {
		t.Fatal(err)
	}
	var first []byte
	for _, workers := range []int{1, 3} {
		parts, err := (&Pool{Workers: workers, Samples: sequences{}}).Calibrate(t.Context(), &Job{Model: f.Bytes(), Digest: f.Digest, Samples: 40}, nil)
		if err != nil {
			t.Fatal(err)
		}
		stats, err := shard.Merge(parts)
		if err != nil {
			t.Fatal(err)
		}
		result, err := Finish(f, Options{Scheme: Int8}, stats)
		if err != nil {
			t.Fatal(err)
		}
		if len(result.Report.Float) > 0 {
			t.Errorf("operators stay float: %+v", result.Report.Float)
		}
		if first == nil {
			first = result.Model.Bytes()
		}
		if !bytes.Equal(first, result.Model.Bytes()) {
			t.Errorf("%d workers make another file", workers)
		}
	}
	q := decoded(t, first)
	var signal, noise float64
	for i := range 20 {
		x, err := sequences{}.Sample(1000 + i)
		if err != nil {
			t.Fatal(err)
		}
		want := realOutput(t, f.Model, slices.Clone(x))
		for j, y := range realOutput(t, q, x) {
			signal += want[j] * want[j]
			noise += (want[j] - y) * (want[j] - y)
		}
	}
	if ratio := 10 * math.Log10(signal/noise); !(ratio > 25) {
		t.Errorf("the signal is %.1f dB above the noise, want 25", ratio)
	}
}
