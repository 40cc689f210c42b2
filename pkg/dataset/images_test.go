package dataset_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/tensor"
)

// flat encodes a picture of one colour with a gray last pixel.
func flat(t *testing.T, w, h int, r, g, b uint8) []byte {
	t.Helper()
	im := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		im.SetNRGBA(i%w, i/w, color.NRGBA{r, g, b, 255})
	}
	im.SetNRGBA(w-1, h-1, color.NRGBA{7, 7, 7, 255})
	var out bytes.Buffer
	if err := png.Encode(&out, im); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// first returns the first values of sample i as float32.
func first(t *testing.T, r *dataset.Reader, i, n int) []float32 {
	t.Helper()
	return tensor.View[float32](sample(t, r, i)[0])[:n]
}

func TestFolderOfPictures(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "photos")
	outside := write(t, filepath.Join(t.TempDir(), "secret.png"), flat(t, 2, 2, 9, 9, 9))
	write(t, filepath.Join(dir, "b.png"), flat(t, 2, 2, 2, 20, 200))
	write(t, filepath.Join(dir, "a", "z.PNG"), flat(t, 2, 2, 1, 10, 100))
	write(t, filepath.Join(dir, "a", ".hidden.png"), flat(t, 2, 2, 9, 9, 9))
	write(t, filepath.Join(dir, ".cache", "x.png"), flat(t, 2, 2, 9, 9, 9))
	write(t, filepath.Join(dir, "labels.txt"), []byte("cat"))
	write(t, filepath.Join(dir, "c.png"), flat(t, 2, 2, 2, 20, 200)) // equal content
	for link, to := range map[string]string{"link.png": outside, "up": "..", "loop": ".", "d.png": "b.png", "e.png": filepath.Join("a")} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	m, r := build(t, dir, input("x", tensor.Float32, 1, 2, 2, 3))
	var names []string
	for _, f := range m.Images.Files {
		names = append(names, f.Name)
	}
	if diff := cmp.Diff([]string{"a/z.PNG", "b.png", "c.png", "d.png"}, names); diff != "" {
		t.Error(diff)
	}
	if len(m.Refs()) != 2 {
		t.Errorf("blobs %+v, want one for each content", m.Refs())
	}
	for i, want := range [][]float32{{1, 10, 100}, {2, 20, 200}, {2, 20, 200}, {2, 20, 200}} {
		if diff := cmp.Diff(want, first(t, r, i, 3)); diff != "" {
			t.Errorf("sample %d: %s", i, diff)
		}
	}
	if got := sample(t, r, 0)[0]; !got.Shape.Equal(tensor.Shape{1, 2, 2, 3}) || tensor.View[float32](got)[11] != 7 {
		t.Errorf("sample 0: %v %v", got.Shape, tensor.View[float32](got))
	}
}

func TestGlobOfPictures(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"y/2.png", "x/1.png", "x/2.png", "x/10.png"} {
		write(t, filepath.Join(dir, name), flat(t, 1, 2, 5, 5, 5))
	}
	m, _ := build(t, filepath.Join(dir, "*", "?.png")+"?mean=5", input("x", tensor.Float32, 1, 2, 1, 1))
	var names []string
	for _, f := range m.Images.Files {
		names = append(names, f.Name)
	}
	if diff := cmp.Diff([]string{"x/1.png", "x/2.png", "y/2.png"}, names); diff != "" {
		t.Error(diff)
	}
	m, _ = build(t, filepath.Join(dir, "x", "10.png"), input("x", tensor.Float32, 1, 2, 1, 1))
	if m.Images.Files[0].Name != "10.png" {
		t.Errorf("name %q", m.Images.Files[0].Name)
	}
	special := write(t, filepath.Join(dir, "[x].png"), flat(t, 1, 2, 5, 5, 5))
	if m, _ := build(t, special, input("x", tensor.Float32, 1, 2, 1, 1)); m.Images.Files[0].Name != "[x].png" {
		t.Errorf("name %q", m.Images.Files[0].Name)
	}
}

func TestPreprocessing(t *testing.T) {
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "x.png"), flat(t, 8, 4, 10, 20, 30))
	for _, c := range []struct {
		options string
		input   dataset.Input
		want    []float32
	}{
		{"?resize=2x2", input("x", tensor.Float32, 1, 2, 2, 3), []float32{10, 20, 30}},
		{"?resize=2", input("x", tensor.Float32, 1, 2, 2, 3), []float32{10, 20, 30}},
		{"?resize=2x4&order=bgr", input("x", tensor.Float32, -1, -1, -1, 3), []float32{30, 20, 10}},
		{"?resize=4x4&fit=pad", input("x", tensor.Float32, 1, 4, 4, 3), []float32{0, 0, 0}},
		{"?resize=4x4&fit=pad&mean=10", input("x", tensor.Float32, 1, 4, 4, 3), []float32{-10, -10, -10}},
		{"?resize=2x2&mean=10,10,10&std=2,4,8", input("x", tensor.Float32, 1, 2, 2, 3), []float32{0, 2.5, 2.5}},
		{"?std=2", input("x", tensor.Float32, 1, 4, 8, 3), []float32{5, 10, 15}},
		{"?order=rgb", input("x", tensor.Float32, 1, 4, 8, 3), []float32{10, 20, 30}},
		{"?order=bgr&mean=30,20,10", input("x", tensor.Float32, 1, 4, 8, 3), []float32{0, 0, 0}},
		{"", input("x", tensor.Float32, 1, 4, 8, 1), []float32{18}},
	} {
		_, r := build(t, path+c.options, c.input)
		if diff := cmp.Diff(c.want, first(t, r, 0, len(c.want))); diff != "" {
			t.Errorf("%q: %s", c.options, diff)
		}
	}
	_, r := build(t, path+"?order=bgr", input("x", tensor.UInt8, 1, 4, 8, 3))
	if diff := cmp.Diff([]byte{30, 20, 10}, sample(t, r, 0)[0].Data[:3]); diff != "" {
		t.Error(diff)
	}
}

func TestPicturesThatDoNotFit(t *testing.T) {
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "x.png"), flat(t, 8, 4, 10, 20, 30))
	x := input("x", tensor.Float32, 1, 4, 8, 3)
	refused(t, `x.png: input "x" f32[1,6,5,3]: want a picture 5 wide and 6 high, have 8 by 4; add ?resize=5x6`, path, input("x", tensor.Float32, 1, 6, 5, 3))
	refused(t, "want pictures 5 wide and 6 high, have resize=6x5", path+"?resize=6x5", input("x", tensor.Float32, 1, 6, 5, 3))
	refused(t, "pictures want the shape [1,height,width,3] or [1,height,width,1]", path, input("x", tensor.Float32, 1, 3, 4, 8))
	refused(t, "pictures want the shape", path, input("x", tensor.Float32, 4, 4, 8, 3))
	refused(t, "pictures want elements of type f32 or u8", path, input("x", tensor.Int8, 1, 4, 8, 3))
	refused(t, "gives fractions, which u8 can't hold", path+"?resize=2x2", input("x", tensor.UInt8, 1, 2, 2, 3))
	refused(t, "its size is open, so pictures need ?resize=WIDTHxHEIGHT", path, input("x", tensor.Float32, 1, -1, 8, 3))
	refused(t, "pictures feed one input, the model has 2", path, x, x)
	refused(t, "mean, std and order of three channels for one", path+"?mean=1,2,3", input("x", tensor.Float32, 1, 4, 8, 1))
	refused(t, "want one, or one for each of three channels", path+"?mean=1,2", x)
	refused(t, "of std not 0", path+"?std=0", x)
	refused(t, "want a finite number", path+"?mean=inf", x)
	refused(t, "option mean", path+"?mean=a", x)
	refused(t, "want WIDTHxHEIGHT", path+"?resize=0x3", x)
	refused(t, "the limit is", path+"?resize=100000x3", input("x", tensor.Float32, 1, -1, -1, 3))
	refused(t, "needs resize=", path+"?fit=crop", x)
	refused(t, `fit "cover"`, path+"?resize=8x4&fit=cover", x)
	refused(t, `order "grb"`, path+"?order=grb", x)
	refused(t, "no file matches", filepath.Join(dir, "*.jpg"), x)
	for _, spec := range []string{filepath.Join(dir, "*.jpg"), t.TempDir()} {
		if _, err := dataset.Build(context.Background(), spec, []dataset.Input{x}, store.NewOverlay(store.NewMemory())); !errors.Is(err, dataset.ErrEmpty) {
			t.Errorf("%s: %v", spec, err)
		}
	}
}

func TestBadPicturesAreNamed(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.jpg"), []byte("no picture"))
	good := flat(t, 2, 2, 1, 2, 3)
	write(t, filepath.Join(dir, "b.png"), good[:len(good)-20])
	write(t, filepath.Join(dir, "c.png"), good)
	m, r := build(t, dir, input("x", tensor.Float32, 1, 2, 2, 3))
	if m.Len() != 3 {
		t.Fatalf("%d samples", m.Len())
	}
	isBad(t, r, 0, "a.jpg", "not a JPEG, PNG or WebP picture")
	isBad(t, r, 1, "b.png", "PNG: ")
	sample(t, r, 2)
}

// TestAFileThatChanges is read from the overlay, as a conversion in the same process does.
func TestAFileThatChanges(t *testing.T) {
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "a.png"), flat(t, 2, 2, 1, 2, 3))
	ctx := context.Background()
	files := store.NewOverlay(store.NewMemory())
	m, err := dataset.Build(ctx, dir, []dataset.Input{input("x", tensor.Float32, 1, 2, 2, 3)}, files)
	if err != nil {
		t.Fatal(err)
	}
	r, err := dataset.Open(ctx, m, files)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	sample(t, r, 0)
	write(t, path, append(flat(t, 2, 2, 1, 2, 3), 0))
	if _, err := r.Sample(0); err == nil || !strings.Contains(err.Error(), "a.png") {
		t.Errorf("after the change: %v", err)
	}
}
