package shard

import (
	"sync/atomic"

	"github.com/octetlite/octet/pkg/tensor"
)

// A block of samples has at most blockSamples, and no further one once it holds blockBytes.
const (
	blockSamples = 64
	blockBytes   = 256 << 10
)

// refiller are Samples that use the memory of earlier ones again, as dataset.Reader does.
type refiller interface {
	SampleInto(i int, out []*tensor.Tensor) error
}

// expecter are Samples that can begin to read what will be wanted next, as dataset.Reader does.
type expecter interface{ Expect(first, last int) }

// expected is how many samples ahead are asked for: as many as take about as long to come, from far away, as others to be computed.
const expected = 32

// blocks are what samples are read into, by turns.
type blocks [2]block

// block holds the n samples that were read last, and the memory of as many as it ever held.
type block struct {
	samples []read
	n       int
}

// read is what Samples returned.
type read struct {
	tensors []*tensor.Tensor
	err     error
}

// ahead reads samples in order, in blocks, each while the one before is computed: a small sample takes less time than handing it over. A block
// ends early when its samples are waited for.
type ahead struct {
	samples    Samples
	inputs     int // tensors of a sample
	full, free chan *block
	stop       chan struct{}
	waiting    atomic.Bool // for a block
	now        *block      // whose samples are handed out
	given      int         // of them
}

// readAhead starts reading the samples of a range into memory that is nobody else's until close.
func readAhead(samples Samples, inputs int, r Range, memory *blocks) *ahead {
	a := &ahead{samples: samples, inputs: inputs, full: make(chan *block), free: make(chan *block, len(memory)), stop: make(chan struct{})}
	for i := range memory {
		a.free <- &memory[i]
	}
	go a.read(r)
	return a
}

func (a *ahead) read(r Range) {
	defer close(a.full)
	for i := r.First; i < r.Last; {
		var b *block
		select {
		case <-a.stop:
			return
		case b = <-a.free:
		}
		if e, ok := a.samples.(expecter); ok {
			e.Expect(i, min(i+expected, r.Last))
		}
		a.fill(b, i, min(blockSamples, r.Last-i))
		if a.stopped() {
			return
		}
		i += b.n
		select {
		case <-a.stop:
			return
		case a.full <- b:
		}
	}
}

// fill reads up to most samples from position i on.
func (a *ahead) fill(b *block, i, most int) {
	b.n = 0
	for size := 0; b.n < most && size < blockBytes && !a.stopped() && (b.n == 0 || !a.waiting.Load()); b.n++ {
		if b.n == len(b.samples) {
			b.samples = append(b.samples, read{tensors: make([]*tensor.Tensor, a.inputs)})
		}
		s := &b.samples[b.n]
		if into, ok := a.samples.(refiller); ok {
			s.err = into.SampleInto(i+b.n, s.tensors)
		} else {
			s.tensors, s.err = a.samples.Sample(i + b.n)
		}
		if s.err == nil {
			for _, t := range s.tensors {
				size += len(t.Data)
			}
		}
	}
}

func (a *ahead) stopped() bool {
	select {
	case <-a.stop:
		return true
	default:
		return false
	}
}

// next returns the next sample of the range, which is valid until the next call.
func (a *ahead) next() ([]*tensor.Tensor, error) {
	if a.now == nil || a.given == a.now.n {
		if a.now != nil {
			a.free <- a.now
		}
		a.waiting.Store(true)
		a.now, a.given = <-a.full, 0
		a.waiting.Store(false)
	}
	s := &a.now.samples[a.given]
	a.given++
	return s.tensors, s.err
}

// close returns when no sample is being read any more.
func (a *ahead) close() {
	close(a.stop)
	for range a.full {
	}
}
