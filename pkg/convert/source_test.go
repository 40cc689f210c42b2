package convert

import (
	"bytes"
	"os"
	"testing"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/tflite"
)

// A flatbuffer that is written as it was read is not held twice, however large it is; another one is.
func TestBytesOfAFlatbufferAreTheSource(t *testing.T) {
	data, err := tflite.Encode(testmodel.Conv())
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.ReadFile("../quantize/testdata/weights/extremes/float.tflite")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		data []byte
		same bool
	}{{"as it is written", data, true}, {"as TFLiteConverter writes it", other, false}} {
		f, err := Load(Source{Name: c.name, Data: c.data}, true)
		if err != nil {
			t.Fatal(err)
		}
		got := f.Bytes()
		var want bytes.Buffer
		if _, err := f.File.WriteTo(&want); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%s: the bytes are not the file's", c.name)
		}
		if same := &got[0] == &c.data[0]; same != c.same {
			t.Errorf("%s: the same memory: %v, want %v", c.name, same, c.same)
		}
	}
}
