package remote

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/tensor"
)

// BenchmarkPictures reads pictures of a server that takes 20 ms to answer: one after another, and as shards do, which say what they want next.
func BenchmarkPictures(b *testing.B) {
	const samples = 64
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 32, 32))); err != nil {
		b.Fatal(err)
	}
	s := &server{}
	s.before = func(_ int64, w http.ResponseWriter, r *http.Request) bool {
		time.Sleep(20 * time.Millisecond)
		w.Header().Set("ETag", fmt.Sprintf("%q", r.URL.Path))
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(slices.Concat(picture.Bytes(), []byte(r.URL.Path)))) // no two are equal
		return true
	}
	s.start(b)
	in := []dataset.Input{{Name: "x", Tensor: "x", DType: tensor.Float32, Shape: tensor.Shape{1, 32, 32, 3}}}
	for _, expects := range []bool{false, true} {
		b.Run(fmt.Sprintf("expected=%v", expects), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				c, err := New(Config{Own: true})
				if err != nil {
					b.Fatal(err)
				}
				m, err := dataset.Build(b.Context(), s.URL+fmt.Sprintf("/{1..%d}.png", samples), in, store.NewOverlay(store.NewMemory()), dataset.Elsewhere(c))
				if err != nil {
					b.Fatal(err)
				}
				if c, err = New(Config{Own: true}); err != nil { // of which nothing is kept
					b.Fatal(err)
				}
				r, err := dataset.Open(b.Context(), m, store.NewMemory(), dataset.Elsewhere(c))
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				for i := range samples {
					if expects {
						r.Expect(i, min(i+32, samples))
					}
					if _, err := r.Sample(i); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(samples)*float64(b.N)/b.Elapsed().Seconds(), "samples/s")
		})
	}
}
