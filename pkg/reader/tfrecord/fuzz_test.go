package tfrecord_test

import (
	"bytes"
	"testing"

	"github.com/octetlite/octet/pkg/reader/tfrecord"
)

func FuzzIndex(f *testing.F) {
	f.Add(read(f, "plain.tfrecord"))
	f.Add(tfrecord.Append(nil, nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		spans, err := tfrecord.Index(bytes.NewReader(data))
		if err != nil {
			return
		}
		var again []byte
		for _, s := range spans {
			record, err := tfrecord.Read(bytes.NewReader(data), int64(len(data)), s)
			if err != nil {
				t.Fatal(err)
			}
			again = tfrecord.Append(again, record)
		}
		if !bytes.Equal(again, data) {
			t.Fatal("the records do not make the file")
		}
	})
}

func FuzzParseExample(f *testing.F) {
	plain := read(f, "plain.tfrecord")
	spans, err := tfrecord.Index(bytes.NewReader(plain))
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range spans {
		f.Add(plain[s.Offset : s.Offset+s.Length])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := tfrecord.ParseExample(data)
		if err != nil {
			return
		}
		values := 0
		for _, v := range e {
			values += v.Len()
		}
		if values > len(data) {
			t.Fatalf("%d values out of %d bytes", values, len(data))
		}
	})
}
