package dataset

import (
	"errors"
	"fmt"
	"slices"

	"github.com/octetlite/octet/pkg/tensor"
)

// chunks are samples that came one after the other, as a stream: blobs of so many samples each, the last of which may hold fewer. A sample is the elements of
// each input in turn, in C order and little-endian; samples follow each other without gaps.
type chunks struct {
	Samples int `json:"samples"`           // in a blob
	Skipped int `json:"skipped,omitempty"` // blobs that are left out in front: their samples can't be read
}

// A chunk aims at chunkBytes, and holds at most maxChunkSamples, so that it soon is full and those who measure it have something to do, and at least one.
const (
	chunkBytes      = 8 << 20
	maxChunkSamples = 32
	maxSampleBytes  = 1 << 28
)

// streamed are the types of elements that a stream may hold, and the bytes that one takes.
var streamed = map[tensor.DType]int{
	tensor.Float16: 2, tensor.Float32: 4, tensor.Float64: 8, tensor.Bool: 1,
	tensor.Int8: 1, tensor.Int16: 2, tensor.Int32: 4, tensor.Int64: 8, tensor.UInt8: 1, tensor.UInt16: 2, tensor.UInt32: 4, tensor.UInt64: 8,
}

// Chunks returns how many bytes a sample of a stream takes, and how many samples make a chunk. The inputs' shapes must be known.
func Chunks(inputs []Input) (sampleBytes, samples int, err error) {
	if len(inputs) == 0 {
		return 0, 0, errors.New("no inputs")
	}
	for i, in := range inputs {
		size := streamed[in.DType]
		n := in.Shape.Elements()
		switch {
		case slices.ContainsFunc(inputs[:i], func(o Input) bool { return o.Name == in.Name }):
			return 0, 0, fmt.Errorf("two inputs of the name %q", in.Name)
		case size == 0:
			return 0, 0, fmt.Errorf("input %v: samples of this type can't be streamed", in)
		case !in.Shape.Static() || n <= 0:
			return 0, 0, fmt.Errorf("input %v: want all dimensions of one sample, with 1 where the model takes many", in)
		case n > maxSampleBytes || sampleBytes+n*size > maxSampleBytes:
			return 0, 0, fmt.Errorf("input %v: the limit is %d bytes for a sample", in, maxSampleBytes)
		}
		sampleBytes += n * size
	}
	return sampleBytes, min(max(chunkBytes/sampleBytes, 1), maxChunkSamples), nil
}

// Chunked returns the manifest of a stream of samples that lie in blobs, in their order, as Chunks says.
func Chunked(inputs []Input, samples int, blobs []Blob) (*Manifest, error) {
	_, n, err := Chunks(inputs)
	if err != nil {
		return nil, err
	}
	m := &Manifest{Version: version, Inputs: inputs, Samples: samples, Chunks: &chunks{Samples: n}}
	for i, b := range blobs {
		m.Blobs = append(m.Blobs, Blob{Digest: b.Digest, Size: b.Size, Name: fmt.Sprintf("chunk-%d", i)})
	}
	return m, m.validate()
}

// Window returns the manifest that one chunk of a stream can be read by: that of the stream as it was when it ended with that chunk, without the blobs in front.
func Window(inputs []Input, index, samples int, blob Blob) (*Manifest, error) {
	_, n, err := Chunks(inputs)
	if err != nil {
		return nil, err
	}
	blob.Name = fmt.Sprintf("chunk-%d", index)
	m := &Manifest{Version: version, Inputs: inputs, Blobs: []Blob{blob}, Samples: index*n + samples, Chunks: &chunks{Samples: n, Skipped: index}}
	return m, m.validate()
}

// StreamFeeds checks that a stream of such samples, of which none need have come, feeds a model's inputs.
func StreamFeeds(samples, inputs []Input) error {
	return (&Manifest{Inputs: samples, Chunks: &chunks{}}).Feeds(inputs)
}

// Partial reports whether samples in front are left out of the manifest: it is no dataset, but a part of one.
func (m *Manifest) Partial() bool { return m.Chunks != nil && m.Chunks.Skipped > 0 }

// place implements source.
func (c *chunks) place(i int) string { return fmt.Sprintf("stream[%d]", i) }

// part returns how many samples the blob of a manifest holds that is at an index of the stream.
func (c *chunks) part(samples, index int) int { return min(samples-index*c.Samples, c.Samples) }

func (c *chunks) validate(m *Manifest) error {
	size, want, err := Chunks(m.Inputs)
	switch {
	case err != nil:
		return err
	case c.Samples != want:
		return fmt.Errorf("chunks of %d samples: want %d of these inputs", c.Samples, want)
	}
	all := (m.Samples + c.Samples - 1) / c.Samples
	if c.Skipped < 0 || c.Skipped >= all || len(m.Blobs) != all-c.Skipped {
		return fmt.Errorf("%d chunks, %d of them left out, have %d blobs", all, c.Skipped, len(m.Blobs))
	}
	for i, b := range m.Blobs {
		if n := c.part(m.Samples, c.Skipped+i); b.Size != int64(n)*int64(size) {
			return fmt.Errorf("blob %q of %d bytes: want %d samples of %d bytes", b.Name, b.Size, n, size)
		}
	}
	return nil
}

func (c *chunks) sample(r *Reader, i int, out []*tensor.Tensor) (string, error) {
	size, _, err := Chunks(r.manifest.Inputs)
	if err != nil {
		return c.place(i), err
	}
	index := i/c.Samples - c.Skipped
	if index < 0 {
		return c.place(i), fmt.Errorf("the manifest is of a part of a stream, from sample %d on", c.Skipped*c.Samples)
	}
	blob, err := r.kept(index)
	if err != nil {
		return c.place(i), err
	}
	at := int64(i%c.Samples) * int64(size)
	for k, in := range r.manifest.Inputs {
		t := again(out[k], in.DType, in.Shape)
		if n, err := blob.ReadAt(t.Data, at); n < len(t.Data) {
			return c.place(i), fmt.Errorf("read %d of %d bytes: %w", n, len(t.Data), noEOF(err))
		}
		at += int64(len(t.Data))
		if in.DType == tensor.Bool {
			for e, b := range t.Data {
				t.Data[e] = min(b, 1)
			}
		}
		out[k] = t
	}
	return "", nil
}
