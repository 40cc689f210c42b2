package image_test

import (
	"os"
	"testing"

	"github.com/octetlite/octet/pkg/reader/image"
)

func FuzzDecode(f *testing.F) {
	entries, err := os.ReadDir("testdata")
	if err != nil {
		f.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() && e.Name() != "resize.f32" && e.Name() != "make.py" {
			f.Add(read(f, e.Name()))
		}
	}
	f.Add(bomb(1<<31-1, 1<<31-1))
	f.Fuzz(func(t *testing.T, data []byte) {
		const limit = 1 << 16
		w, h, sizeErr := image.Size(data)
		for _, channels := range []int{1, 3} {
			im, err := image.Decode(data, channels, limit)
			if err != nil {
				continue
			}
			if sizeErr != nil || im.Width != w || im.Height != h || w*h > limit || len(im.Pix) != w*h*channels {
				t.Fatalf("Size = %d, %d, %v; Decode gives %dx%dx%d, %d bytes", w, h, sizeErr, im.Width, im.Height, im.Channels, len(im.Pix))
			}
		}
	})
}
