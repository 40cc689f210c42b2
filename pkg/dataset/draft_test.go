package dataset_test

import (
	"archive/zip"
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/reader/npy"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/tensor"
)

// Samples of a draft are those of the dataset that it becomes, whose blob is named by its content.
func TestDraft(t *testing.T) {
	x := input("x", tensor.Float32, 1, 2)
	path := npz(t, zip.Store, array{name: "x", t: npy.Float32, shape: []int{3, 2}, values: f32(1, 2, 3, 4, 5, 6)})
	files := store.NewOverlay(store.NewMemory())
	draft, err := dataset.Begin(t.Context(), path, []dataset.Input{x}, files)
	if err != nil {
		t.Fatal(err)
	}
	early, err := dataset.Open(t.Context(), draft.Manifest(), files)
	if err != nil {
		t.Fatal(err)
	}
	defer early.Close()
	first := sample(t, early, 2)[0].Data
	m, err := draft.Wait()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Refs(); len(got) != 1 || got[0].Digest != store.Of(content) || got[0].Size != int64(len(content)) {
		t.Errorf("blobs %+v, want one of %s", got, store.Of(content))
	}
	if draft.Manifest() != m {
		t.Error("a draft that is done has another manifest")
	}
	late, err := dataset.Open(t.Context(), m, files)
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	if diff := cmp.Diff(sample(t, late, 2)[0].Data, first); diff != "" || len(first) != 8 {
		t.Errorf("the samples differ: %s", diff)
	}
}

// That a file is damaged shows when the draft is waited for.
func TestDamagedDraft(t *testing.T) {
	path := npz(t, zip.Store, array{name: "x", t: npy.Float32, shape: []int{40_000, 2}, values: make([]float32, 80_000)})
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 0x10
	write(t, path, data)
	draft, err := dataset.Begin(t.Context(), path, []dataset.Input{input("x", tensor.Float32, 1, 2)}, store.NewOverlay(store.NewMemory()))
	if err != nil {
		t.Fatal(err)
	}
	if m, err := draft.Wait(); m != nil || err == nil || !strings.Contains(err.Error(), "the file is damaged") {
		t.Errorf("manifest %v, error %v", m, err)
	}
}

// A draft that gets no name has the same samples, and is refused for the same damage, wherever in an array that is.
func TestUnnamedDraft(t *testing.T) {
	x, y := input("x", tensor.Float32, 1, 2), input("y", tensor.Float32, 1)
	numbers := make([]float32, 100_000)
	for i := range numbers {
		numbers[i] = float32(i)
	}
	path := npz(t, zip.Store, array{name: "x", t: npy.Float32, shape: []int{40_000, 2}, values: numbers[:80_000]},
		array{name: "y", t: npy.Float32, shape: []int{40_000}, values: numbers[20_000:60_000]})
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	begin := func(options ...dataset.Option) (*dataset.Draft, *store.Overlay) {
		files := store.NewOverlay(store.NewMemory())
		d, err := dataset.Begin(t.Context(), path, []dataset.Input{x, y}, files, options...)
		if err != nil {
			t.Fatal(err)
		}
		return d, files
	}
	read := func(d *dataset.Draft, files *store.Overlay) []byte {
		m, err := d.Wait()
		if err != nil {
			t.Fatal(err)
		}
		r, err := dataset.Open(t.Context(), m, files)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		s := sample(t, r, 39_999)
		return append(s[0].Data, s[1].Data...)
	}
	if diff := cmp.Diff(read(begin(dataset.Unnamed())), read(begin())); diff != "" {
		t.Errorf("the samples differ: %s", diff)
	}
	for _, at := range []int{1000, len(content) / 2, len(content) - 1000} {
		damaged := bytes.Clone(content)
		damaged[at] ^= 1
		write(t, path, damaged)
		d, _ := begin(dataset.Unnamed())
		if m, err := d.Wait(); m != nil || err == nil || !strings.Contains(err.Error(), "the file is damaged") {
			t.Errorf("damage at %d of %d: manifest %v, error %v", at, len(content), m, err)
		}
	}
}
