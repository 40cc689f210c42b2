package shard

import "github.com/octetlite/octet/pkg/tensor"

// ahead reads samples in order, each while the one before is computed: at most two are in memory.
type ahead struct {
	samples chan read
	stop    chan struct{}
}

// read is what Samples.Sample returned.
type read struct {
	tensors []*tensor.Tensor
	err     error
}

// readAhead starts reading the samples of a range.
func readAhead(samples Samples, r Range) *ahead {
	a := &ahead{samples: make(chan read), stop: make(chan struct{})}
	go func() {
		defer close(a.samples)
		for i := r.First; i < r.Last; i++ {
			select {
			case <-a.stop:
				return
			default:
			}
			in, err := samples.Sample(i)
			select {
			case a.samples <- read{in, err}:
			case <-a.stop:
				return
			}
		}
	}()
	return a
}

// next returns the next sample of the range.
func (a *ahead) next() ([]*tensor.Tensor, error) {
	r := <-a.samples
	return r.tensors, r.err
}

// close returns when no sample is being read any more.
func (a *ahead) close() {
	close(a.stop)
	for range a.samples {
	}
}
