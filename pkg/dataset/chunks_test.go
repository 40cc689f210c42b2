package dataset_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/tensor"
)

// stream puts samples of two inputs into chunks.
func stream(t *testing.T, blobs store.Store, inputs []dataset.Input, samples int) (*dataset.Manifest, []byte, []dataset.Blob) {
	t.Helper()
	size, n, err := dataset.Chunks(inputs)
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, samples*size)
	for i := range data {
		data[i] = byte(i % 59) // no float32 of such bytes is a NaN
	}
	var chunks []dataset.Blob
	for at := 0; at < len(data); at += n * size {
		part := data[at:min(at+n*size, len(data))]
		d, _, err := blobs.Put(t.Context(), "", bytes.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		chunks = append(chunks, dataset.Blob{Digest: d, Size: int64(len(part))})
	}
	m, err := dataset.Chunked(inputs, samples, chunks)
	if err != nil {
		t.Fatal(err)
	}
	return m, data, chunks
}

func TestChunks(t *testing.T) {
	inputs := []dataset.Input{input("x", tensor.Float32, 1, 3), input("n", tensor.Int16, 1, 1)}
	const size, samples = 14, 70 // in chunks of 32, 32 and 6
	blobs := store.NewMemory()
	m, data, chunks := stream(t, blobs, inputs, samples)
	text, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if m, err = dataset.Decode(text); err != nil || len(m.Refs()) != 3 || m.Partial() {
		t.Fatalf("%v\n%s", err, text)
	}
	r, err := dataset.Open(t.Context(), m, blobs)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	want := func(i int) [][]byte {
		s := data[i*size:][:size]
		return [][]byte{s[:12], s[12:]}
	}
	for _, i := range []int{0, 31, 32, 63, 64, 69, 1} {
		got, err := r.Sample(i)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want(i), [][]byte{got[0].Data, got[1].Data}); diff != "" || !got[0].Shape.Equal(tensor.Shape{1, 3}) {
			t.Errorf("sample %d: %s", i, diff)
		}
	}
	// A chunk alone has its samples under the same numbers.
	w, err := dataset.Window(inputs, 2, 6, chunks[2])
	if err != nil || !w.Partial() {
		t.Fatal(err)
	}
	part, err := dataset.Open(t.Context(), w, blobs)
	if err != nil {
		t.Fatal(err)
	}
	defer part.Close()
	if got, err := part.Sample(65); err != nil || !bytes.Equal(got[1].Data, want(65)[1]) {
		t.Errorf("sample 65 of a part: %v, %v", got, err)
	}
	if _, err := part.Sample(63); err == nil || !strings.Contains(err.Error(), "from sample 64 on") {
		t.Errorf("sample 63 of a part: %v", err)
	}
}

func TestChunksFeed(t *testing.T) {
	m, _, _ := stream(t, store.NewMemory(), []dataset.Input{{Name: "x", DType: tensor.Float32, Shape: tensor.Shape{1, 3}}}, 1)
	for _, c := range []struct {
		in   dataset.Input
		fits bool
	}{
		{input("x", tensor.Float32, 1, 3), true}, {input("x", tensor.Float32, -1, 3), true}, {input("x", tensor.Float32, -1, 4), false},
		{input("y", tensor.Float32, 1, 3), false}, {input("x", tensor.Int32, 1, 3), false}, {input("x", tensor.Float32, 3), false},
	} {
		if err := m.Feeds([]dataset.Input{c.in}); (err == nil) != c.fits {
			t.Errorf("%v: %v", c.in, err)
		}
	}
}

func TestChunksOfASize(t *testing.T) {
	for _, c := range []struct {
		in            dataset.Input
		size, samples int
		err           string
	}{
		{in: input("x", tensor.Float32, 1, 28, 28, 1), size: 3136, samples: 32},
		{in: input("x", tensor.Float32, 1, 224, 224, 3), size: 602112, samples: 13},
		{in: input("x", tensor.UInt8, 1, 4096, 4096, 3), size: 50331648, samples: 1},
		{in: input("x", tensor.Bool), size: 1, samples: 32},
		{in: input("x", tensor.Float32, -1, 3), err: "all dimensions"},
		{in: input("x", tensor.Float32, 0), err: "all dimensions"},
		{in: input("x", tensor.Float32, 1<<40, 1<<40), err: "all dimensions"},
		{in: input("x", tensor.Float32, 1<<27), err: "limit"},
		{in: input("x", tensor.String, 1), err: "can't be streamed"},
		{in: input("x", tensor.Int4, 2), err: "can't be streamed"},
	} {
		size, samples, err := dataset.Chunks([]dataset.Input{c.in})
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%v: %v, want %q", c.in, err, c.err)
			}
			continue
		}
		if err != nil || size != c.size || samples != c.samples {
			t.Errorf("%v: %d bytes, %d samples, %v", c.in, size, samples, err)
		}
	}
	x := input("x", tensor.Float32, 1)
	if _, _, err := dataset.Chunks([]dataset.Input{x, x}); err == nil {
		t.Error("two inputs of one name are taken")
	}
}

func TestChunksAreChecked(t *testing.T) {
	m, _, _ := stream(t, store.NewMemory(), []dataset.Input{input("x", tensor.Float32, 1, 3)}, 33)
	text, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{`"chunks":{"samples":32}`, `"chunks":{"samples":16}`, "want 32 of these inputs"},
		{`"chunks":{"samples":32}`, `"chunks":{"samples":32,"skipped":1}`, "have 2 blobs"},
		{`"chunks":{"samples":32}`, `"chunks":{"samples":32,"skipped":-1}`, "have 2 blobs"},
		{`"samples":33`, `"samples":34`, "want 2 samples of 12 bytes"},
		{`"samples":33`, `"samples":65`, "3 chunks"},
		{`"shape":[1,3]`, `"shape":[-1,3]`, "all dimensions"},
	} {
		if _, err := dataset.Decode([]byte(strings.Replace(string(text), c.old, c.new, 1))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.new, err, c.want)
		}
	}
}
