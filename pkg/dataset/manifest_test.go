package dataset_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/reader/npy"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/tensor"
)

const manifestText = `{"version":1,"inputs":[{"name":"x","tensor":"serving_x:0","dtype":"f32","shape":[1,2,2,3]}],` +
	`"blobs":[{"digest":"68bfac4bf6c700d722488724fb485101418980f155b713648a3f5837b92171e0","size":89,"name":"a.png"}],"samples":1,` +
	`"images":{"picture":{"mean":[127.5],"std":[127.5]},"files":[{"name":"a.png","blob":0}]}}` + "\n"

// TestManifestIsCanonical pins the text: it depends on the content, not on where the folder is.
func TestManifestIsCanonical(t *testing.T) {
	// The encoder of the picture is not part of what is pinned, so the bytes are.
	picture := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x02\x00\x00\x00\x02\x08\x02\x00\x00\x00\xfd\xd4\x9as no image data: a bad sample, yet in the manifest.......")
	for range 2 {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "a.png"), picture)
		m, _ := build(t, dir+"?mean=127.5&std=127.5", input("x", tensor.Float32, 1, 2, 2, 3))
		got, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(manifestText, string(got)); diff != "" {
			t.Error(diff)
		}
		digest, err := m.Digest()
		if err != nil || digest != string(store.Of([]byte(manifestText))) {
			t.Errorf("digest %s, %v", digest, err)
		}
	}
}

func TestDecodeRefusals(t *testing.T) {
	good := manifestText
	if _, err := dataset.Decode([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{good, "", "EOF"},
		{`"version":1`, `"version":2`, "version 2: want 1"},
		{`"version":1`, `"version":1,"extra":1`, "unknown field"},
		{`"version":1,`, `"version":1, `, `not in canonical form: from byte 13 on have " \"inputs`},
		{"}}\n", "}}", `have "", want "\n"`},
		{"}}\n", "}}\n\n", "not in canonical form"},
		{"}}\n", "}}\n{}", "not in canonical form"},
		{`"samples":1`, `"samples":0`, "the dataset is empty"},
		{`"samples":1`, `"samples":2`, "1 pictures for 2 samples"},
		{`"samples":1`, `"samples":99999999`, "the limit is"},
		{`"blob":0`, `"blob":1`, "blob 1 of 1"},
		{`"blob":0`, `"blob":-1`, "blob -1 of 1"},
		{`"size":89`, `"size":-1`, "of -1 bytes"},
		{`"digest":"`, `"digest":"0`, "no hex sha256"},
		{`"dtype":"f32"`, `"dtype":"f31"`, `unknown element type "f31"`},
		{`"dtype":"f32"`, `"dtype":"i32"`, "want elements of type f32 or u8"},
		{`[1,2,2,3]`, `[1,2,-2,3]`, "bad shape"},
		{`"std":[127.5]`, `"std":[0]`, "std=0"},
		{`"std":[127.5]`, `"std":[1e39]`, "cannot unmarshal"},
		{`,"images":`, `,"random":{"kind":"normal","seed":0},"images":`, "2 sources, want one"},
		{`"inputs":[{"name":"x","tensor":"serving_x:0","dtype":"f32","shape":[1,2,2,3]}]`, `"inputs":[]`, "no inputs"},
	} {
		bad := strings.Replace(good, c.old, c.new, 1)
		if bad == good {
			t.Fatalf("%q is not in the text", c.old)
		}
		if _, err := dataset.Decode([]byte(bad)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.new, err, c.want)
		}
	}
}

func TestFeeds(t *testing.T) {
	x := input("x", tensor.Float32, 1, 2)
	m, r := build(t, "random:normal?samples=7", x)
	if r.Len() != 7 || m.Len() != 7 || !cmp.Equal(r.Inputs(), []dataset.Input{x}) {
		t.Errorf("%d samples of %v", r.Len(), r.Inputs())
	}
	if err := m.Feeds([]dataset.Input{x}); err != nil {
		t.Error(err)
	}
	for _, other := range [][]dataset.Input{nil, {x, x}, {input("y", tensor.Float32, 1, 2)}, {input("x", tensor.UInt8, 1, 2)}, {input("x", tensor.Float32, 1, 3)}} {
		if err := m.Feeds(other); err == nil {
			t.Errorf("feeds %v", other)
		}
	}
}

// wrong is a source of other blobs than were asked for.
type wrong struct{ data []byte }

func (w wrong) Open(ctx context.Context, _ store.Digest) (store.Blob, error) {
	m := store.NewMemory()
	d, err := store.PutBytes(ctx, m, w.data)
	if err != nil {
		return nil, err
	}
	return m.Open(ctx, d)
}

func TestMissingAndWrongBlobs(t *testing.T) {
	path := npz(t, zip.Store, array{name: "x", t: npy.Float32, shape: []int{2, 2}, values: f32(1, 2, 3, 4)})
	m, _ := build(t, path, input("x", tensor.Float32, 1, 2))
	size := m.Refs()[0].Size
	ctx := context.Background()
	for name, c := range map[string]struct {
		blobs store.Opener
		want  string
	}{
		"missing": {store.NewMemory(), "x.npz: x[1]: "},
		"shorter": {wrong{make([]byte, size-1)}, "bytes, want"},
		"other":   {wrong{make([]byte, size)}, "not a .npy file"},
	} {
		r, err := dataset.Open(ctx, m, c.blobs)
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.Sample(1)
		var bad *dataset.SampleError
		if err == nil || !strings.Contains(err.Error(), c.want) || errors.As(err, &bad) {
			t.Errorf("%s: %v, want %q and no SampleError", name, err, c.want)
		}
		if name == "missing" && !errors.Is(err, store.ErrNotFound) {
			t.Errorf("missing: %v", err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestSamplesAreTheSameFromManyGoroutines(t *testing.T) {
	const samples = 40
	values := make([]uint8, samples*4)
	for i := range values {
		values[i] = uint8(i)
	}
	path := npz(t, zip.Store, array{name: "x", t: npy.UInt8, shape: []int{samples, 4}, values: values})
	var all []byte
	for i := range samples {
		all = append(all, file(example(feature("x", integers(uint64(i)))))...)
	}
	records := write(t, filepath.Join(t.TempDir(), "t"), all)
	for _, c := range []struct {
		spec string
		in   dataset.Input
	}{
		{path, input("x", tensor.Float32, 1, 4)},
		{"tfrecord:" + records, input("x", tensor.Float32, 1)},
		{"random:normal?samples=40", input("x", tensor.Float32, 1, 9)},
	} {
		_, alone := build(t, c.spec, c.in)
		want := make([]*tensor.Tensor, samples)
		for i := range want {
			want[i] = sample(t, alone, i)[0]
		}
		_, r := build(t, c.spec, c.in)
		var group sync.WaitGroup
		for g := range 8 {
			group.Go(func() {
				for k := range samples {
					i := (k*7 + g*11) % samples
					got, err := r.Sample(i)
					if err != nil || !bytes.Equal(got[0].Data, want[i].Data) {
						t.Errorf("%s: sample %d: %v", c.spec, i, err)
						return
					}
				}
			})
		}
		group.Wait()
	}
}

func TestBuildStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "a.png"), flat(t, 2, 2, 1, 2, 3))
	if _, err := dataset.Build(ctx, path, []dataset.Input{input("x", tensor.Float32, 1, 2, 2, 3)}, store.NewOverlay(store.NewMemory())); !errors.Is(err, context.Canceled) {
		t.Errorf("Build: %v", err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(manifestText))
	f.Add([]byte(`{"version":1,"inputs":[{"name":"x","tensor":"x","dtype":"f32","shape":[-1,2]}],"samples":3,"random":{"kind":"normal","seed":0}}` + "\n"))
	digest := strings.Repeat("a", 64)
	f.Add([]byte(`{"version":1,"inputs":[{"name":"x","tensor":"x","dtype":"f32","shape":[1]}],"blobs":[{"digest":"` + digest + `","size":40,"name":"t"}],` +
		`"samples":2,"records":{"features":["x"],"picture":{},"files":[{"name":"t","blob":0,"lengths":[3,2]}]}}` + "\n"))
	f.Add([]byte(`{"version":1,"inputs":[{"name":"x","tensor":"x","dtype":"f32","shape":[1]}],"blobs":[{"digest":"` + digest + `","size":40,"name":"t"}],` +
		`"samples":2,"arrays":{"file":"t","inputs":[{"blob":0,"offset":3,"size":37}]}}` + "\n"))
	f.Add([]byte(`{"version":1,"inputs":[{"name":"x","tensor":"x","dtype":"i16","shape":[1,10]}],"blobs":[{"digest":"` + digest + `","size":40,"name":"chunk-1"}],` +
		`"samples":34,"chunks":{"samples":32,"skipped":1}}` + "\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := dataset.Decode(text)
		if err != nil {
			return
		}
		again, err := m.Encode()
		if err != nil || !bytes.Equal(again, text) {
			t.Fatalf("%q becomes %q (%v)", text, again, err)
		}
		r, err := dataset.Open(context.Background(), m, wrong{make([]byte, 40)})
		if err != nil {
			t.Fatal(err)
		}
		elements := 0
		for _, in := range m.Inputs {
			elements += max(in.Shape.Elements(), -in.Shape.Elements())
		}
		if elements < 1<<16 {
			_, _ = r.Sample(0)
			_, _ = r.Sample(m.Len() - 1)
		}
	})
}
