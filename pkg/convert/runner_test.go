package convert

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/tensor"
	"github.com/octetlite/octet/pkg/tflite"
)

// slowStart is a dataset whose samples are all bad, the first ones being the last to say so.
type slowStart struct{}

func (slowStart) Sample(i int) ([]*tensor.Tensor, error) {
	time.Sleep(max(0, 40-10*time.Duration(i)) * time.Millisecond)
	return nil, &dataset.SampleError{Source: fmt.Sprintf("x[%d]", i), Index: i, Reason: "bad"}
}

func TestPoolNamesTheFirstBadSample(t *testing.T) {
	job := convJob(t, 100)
	for _, workers := range []int{1, 2, 7, 100} {
		_, err := (&Pool{Workers: workers, Samples: slowStart{}}).Calibrate(t.Context(), job, nil)
		if err == nil || err.Error() != "x[0]: bad" {
			t.Errorf("%d workers: error %v, want that of sample 0", workers, err)
		}
	}
}

func TestPoolEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, err := (&Pool{Workers: 2, Samples: &cancelAt{5, cancel}}).Calibrate(ctx, convJob(t, 1000), nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}

// cancelAt gives zeros, and ends a context at a sample.
type cancelAt struct {
	sample int
	cancel func()
}

func (c *cancelAt) Sample(i int) ([]*tensor.Tensor, error) {
	if i == c.sample {
		c.cancel()
	}
	return []*tensor.Tensor{tensor.New(tensor.Float32, tensor.Shape{1, 8, 8, 3})}, nil
}

func convJob(t *testing.T, samples int) *Job {
	t.Helper()
	data, err := tflite.Encode(testmodel.Conv())
	if err != nil {
		t.Fatal(err)
	}
	return &Job{Model: data, Digest: func() string { return "conv" }, Samples: samples}
}

// The message of a bad sample starts with the sample, and ends with the way out.
func TestBadSampleMessage(t *testing.T) {
	err := unsupported("model.tflite", fmt.Errorf("here: %w", &dataset.SampleError{Source: "x.npz[3]", Reason: "a NaN"}))
	if text := err.Error(); strings.Contains(text, "model.tflite") || !strings.HasSuffix(text, "x.npz[3]: a NaN (--on-bad-sample skip leaves such samples out)") {
		t.Errorf("message %q", text)
	}
}
