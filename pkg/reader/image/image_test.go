package image_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/pkg/reader/image"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func decode(t testing.TB, name string, channels int) *image.Image {
	t.Helper()
	im, err := image.Decode(read(t, name), channels, 1<<20)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return im
}

// distance returns the greatest difference of two pictures' values and how many values differ.
func distance(t *testing.T, a, b *image.Image) (largest, differing int) {
	t.Helper()
	if a.Width != b.Width || a.Height != b.Height || a.Channels != b.Channels {
		t.Fatalf("%dx%dx%d and %dx%dx%d", a.Width, a.Height, a.Channels, b.Width, b.Height, b.Channels)
	}
	for i := range a.Pix {
		d := int(a.Pix[i]) - int(b.Pix[i])
		if d != 0 {
			differing++
		}
		largest = max(largest, d, -d)
	}
	return largest, differing
}

// TestPixels compares with TensorFlow's pixels (JPEG, PNG) and libwebp's. Two JPEG decoders' samples may differ by one, since they
// round inside the inverse cosine transform: by 1 + 1.772 in blue. Everything else is exact.
func TestPixels(t *testing.T) {
	for _, c := range []struct {
		name, reference string
		largest         int
	}{
		{"444.jpg", "444.jpg.png", 3},
		{"422.jpg", "422.jpg.png", 3},
		{"420.jpg", "420.jpg.png", 3},
		{"440.jpg", "440.jpg.png", 3},
		{"411.jpg", "411.jpg.png", 3},
		{"progressive.jpg", "progressive.jpg.png", 3},
		{"even.jpg", "even.jpg.png", 3},
		{"narrow.jpg", "narrow.jpg.png", 3},
		{"gray.jpg", "gray.jpg.png", 1},
		{"cmyk.jpg", "cmyk.jpg.png", 3},
		{"lossy.webp", "lossy.webp.png", 0},
		{"lossless.webp", "lossless.webp.png", 0},
		{"alpha.webp", "alpha.webp.png", 0},
		{"even.webp", "even.webp.png", 0},
		{"palette.png", "palette.png.png", 0},
		{"lossless.webp", "rgb.png", 0},
		{"alpha.png", "rgb.png", 0},
		{"deep.png", "rgb.png", 0},
	} {
		largest, differing := distance(t, decode(t, c.name, 3), decode(t, c.reference, 3))
		if largest > c.largest {
			t.Errorf("%s: %d values differ, by %d at most; want at most %d", c.name, differing, largest, c.largest)
		}
	}
}

func TestGray(t *testing.T) {
	for _, c := range []struct {
		name, reference string
		largest         int
	}{
		{"rgb.png", "pillowgray.png", 0},
		{"gray.jpg", "gray.jpg.png", 1},
		{"444.jpg", "pillowgray.png", 60}, // lossy
	} {
		if largest, _ := distance(t, decode(t, c.name, 1), decode(t, c.reference, 1)); largest > c.largest {
			t.Errorf("%s: differs by %d", c.name, largest)
		}
	}
	one, three := decode(t, "deepgray.png", 1), decode(t, "deepgray.png", 3)
	rgb := decode(t, "rgb.png", 3)
	for i, v := range one.Pix {
		if v != rgb.Pix[3*i] || !bytes.Equal(three.Pix[3*i:3*i+3], []uint8{v, v, v}) {
			t.Fatalf("pixel %d: %d and %v, want the red channel %d", i, v, three.Pix[3*i:3*i+3], rgb.Pix[3*i])
		}
	}
	for i, v := range decode(t, "bits.png", 1).Pix {
		if v != 0 && v != 255 {
			t.Fatalf("pixel %d of a black and white picture: %d", i, v)
		}
	}
}

func TestOrientation(t *testing.T) {
	for orientation, want := range map[string]struct {
		width int
		pix   []uint8
	}{
		"1": {3, []uint8{0, 40, 80, 120, 160, 200}},
		"2": {3, []uint8{80, 40, 0, 200, 160, 120}},
		"3": {3, []uint8{200, 160, 120, 80, 40, 0}},
		"4": {3, []uint8{120, 160, 200, 0, 40, 80}},
		"5": {2, []uint8{0, 120, 40, 160, 80, 200}},
		"6": {2, []uint8{120, 0, 160, 40, 200, 80}},
		"7": {2, []uint8{200, 80, 160, 40, 120, 0}},
		"8": {2, []uint8{80, 200, 40, 160, 0, 120}},
	} {
		name := "orientation" + orientation + ".png"
		im := decode(t, name, 1)
		if diff := cmp.Diff(want.pix, im.Pix); diff != "" || im.Width != want.width || im.Height != 6/want.width {
			t.Errorf("%s: %dx%d %s", name, im.Width, im.Height, diff)
		}
		w, h, err := image.Size(read(t, name))
		if err != nil || w != im.Width || h != im.Height {
			t.Errorf("%s: Size = %d, %d, %v", name, w, h, err)
		}
	}
	for name, want := range map[string][2]int{"orientation6.jpg": {8, 12}, "orientation6.webp": {4, 6}} {
		if im := decode(t, name, 3); [2]int{im.Width, im.Height} != want {
			t.Errorf("%s: %dx%d, want it upright", name, im.Width, im.Height)
		}
	}
}

func TestSwapRedBlue(t *testing.T) {
	im := &image.Image{Width: 2, Height: 1, Channels: 3, Pix: []uint8{1, 2, 3, 4, 5, 6}}
	im.SwapRedBlue()
	if diff := cmp.Diff([]uint8{3, 2, 1, 6, 5, 4}, im.Pix); diff != "" {
		t.Error(diff)
	}
}

// bomb is a PNG whose header promises a huge picture.
func bomb(width, height uint32) []byte {
	ihdr := []byte("IHDR")
	ihdr = binary.BigEndian.AppendUint32(ihdr, width)
	ihdr = binary.BigEndian.AppendUint32(ihdr, height)
	ihdr = append(ihdr, 8, 2, 0, 0, 0)
	data := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	data = append(data, ihdr...)
	return binary.BigEndian.AppendUint32(data, crc32.ChecksumIEEE(ihdr))
}

func TestRefusals(t *testing.T) {
	jpeg := read(t, "420.jpg")
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"empty", "not a JPEG, PNG or WebP picture", nil},
		{"text", "not a JPEG, PNG or WebP picture", []byte("hello, world, this is text")},
		{"bomb", "PNG of 60000 by 60000 pixels: the limit is 1048576 pixels", bomb(60000, 60000)},
		{"thin bomb", "limit", bomb(1, 1<<30)},
		{"truncated", "JPEG: ", jpeg[:len(jpeg)/2]},
		{"header only", "JPEG: ", jpeg[:20]},
	} {
		if _, err := image.Decode(c.data, 3, 1<<20); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := image.Decode(jpeg, 4, 1<<20); err == nil {
		t.Error("4 channels")
	}
	if _, _, err := image.Size([]byte("text")); !errors.Is(err, image.ErrFormat) {
		t.Errorf("Size of text: %v", err)
	}
}

// TestDigests pins the bytes that every platform must produce.
func TestDigests(t *testing.T) {
	h := sha256.New()
	for _, name := range []string{"420.jpg", "440.jpg", "progressive.jpg", "cmyk.jpg", "lossy.webp", "alpha.png"} {
		for _, fit := range []image.Fit{image.Crop, image.Stretch, image.Pad} {
			f := decode(t, name, 3).Resize(24, 31, fit)
			if err := f.Normalize([]float32{123.675, 116.28, 103.53}, []float32{58.395, 57.12, 57.375}); err != nil {
				t.Fatal(err)
			}
			if err := binary.Write(h, binary.LittleEndian, f.Values); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got, want := hex.EncodeToString(h.Sum(nil)), "7ea875ed8e8eb7e2b9ef46a68b0f109313784c06e60c58a9fa27ff9f89ec8552"; got != want {
		t.Errorf("sha256 %s, want %s", got, want)
	}
}
