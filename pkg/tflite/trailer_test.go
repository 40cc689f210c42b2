package tflite

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/internal/testmodel"
)

// archiveOf returns a ZIP archive of two files, one of them stored, whose offsets count from base bytes before it.
func archiveOf(t *testing.T, base int64) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	w.SetOffset(base)
	for _, f := range []struct {
		header  zip.FileHeader
		content string
	}{{zip.FileHeader{Name: "labels.txt", Method: zip.Store}, "cat\ndog\n"}, {zip.FileHeader{Name: "vocab/x.txt", Method: zip.Deflate, Comment: "second"}, "aaaaaaaaaaaaaaaaaaaaaaaaaaaa"}} {
		h, err := w.CreateHeader(&f.header)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(h, f.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.SetComment("a comment"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// checkArchive demands that the end of file is archiveOf's archive with offsets from the start of the file.
func checkArchive(t *testing.T, file []byte) {
	t.Helper()
	eocd := bytes.LastIndex(file, []byte("PK\x05\x06"))
	directory := int(binary.LittleEndian.Uint32(file[eocd+16:]))
	if directory > eocd || string(file[directory:directory+4]) != "PK\x01\x02" {
		t.Fatalf("the directory's offset %d leads nowhere in %d bytes", directory, len(file))
	}
	first := int(binary.LittleEndian.Uint32(file[directory+42:]))
	if string(file[first:first+4]) != "PK\x03\x04" || string(file[first+30:first+40]) != "labels.txt" {
		t.Fatalf("the first file's offset %d leads nowhere", first)
	}
	r, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range r.File {
		c, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(c)
		if err != nil {
			t.Fatal(err)
		}
		got[f.Name] = string(content)
	}
	if diff := cmp.Diff(map[string]string{"labels.txt": "cat\ndog\n", "vocab/x.txt": "aaaaaaaaaaaaaaaaaaaaaaaaaaaa"}, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestArchiveMovesWithTheModel(t *testing.T) {
	model := mustEncode(t, testmodel.RNN())
	standalone := archiveOf(t, 0)
	for _, c := range []struct {
		name string
		file []byte
	}{
		{"offsets from the file's start", append(bytes.Clone(model), archiveOf(t, int64(len(model)))...)},
		{"offsets from its own start", append(bytes.Clone(model), standalone...)},
		{"behind padding", append(append(bytes.Clone(model), 0, 0, 0, 0), archiveOf(t, int64(len(model)+4))...)},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := bytes.Clone(c.file)
			m := mustDecode(t, c.file)
			if c.name == "behind padding" {
				m.Trailer = bytes.TrimLeft(m.Trailer, "\x00") // RNN's size is a multiple of 16: the zeros might mean something
			} else if !bytes.Equal(m.Trailer, standalone) {
				t.Error("the trailer is not a ZIP archive of its own")
			}
			m.Description += "a longer model"
			checkArchive(t, mustEncode(t, m))
			roundTrip(t, m)
			outside := encodeOutside(t, m, len(model)-100)
			checkArchive(t, outside)
			if !bytes.Equal(c.file, before) {
				t.Error("Decode changed the file")
			}
		})
	}
}

func TestZip64Moves(t *testing.T) {
	// A small ZIP64 archive by hand, at offset 1000: one empty file, its offset in an extra field behind its size.
	le := binary.LittleEndian
	build := func(base uint64) []byte {
		b := append([]byte("PK\x03\x04"), make([]byte, 26)...)
		entry := append([]byte("PK\x01\x02"), make([]byte, 42)...)
		le.PutUint32(entry[24:], 0xffffffff)
		le.PutUint16(entry[30:], 4+5+4+16)
		le.PutUint32(entry[42:], 0xffffffff)
		entry = append(entry, 7, 0, 5, 0, 'o', 't', 'h', 'e', 'r', 1, 0, 16, 0)
		entry = le.AppendUint64(entry, 0)
		entry = le.AppendUint64(entry, base)
		directory := uint64(len(b))
		b = append(b, entry...)
		record := uint64(len(b))
		b = append(b, "PK\x06\x06"...)
		b = append(b, make([]byte, 28)...)
		b = le.AppendUint64(b, 1)
		b = le.AppendUint64(b, uint64(len(entry)))
		b = le.AppendUint64(b, base+directory)
		b = append(b, "PK\x06\x07\x00\x00\x00\x00"...)
		b = le.AppendUint64(b, base+record)
		b = append(b, 1, 0, 0, 0)
		return append(append(b, "PK\x05\x06"...), 0, 0, 0, 0, 1, 0, 1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0)
	}
	data := build(1000)
	z, ok := readZip(data)
	if !ok || z.base != 1000 {
		t.Fatalf("base %d, %v", z.base, ok)
	}
	if err := z.shift(data, 5<<32); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(data, build(1000+5<<32)) {
		t.Error("an offset was forgotten, or another number changed")
	}
}

func TestArchiveBeyondFourGigabytes(t *testing.T) {
	data := archiveOf(t, 0)
	z, _ := readZip(data)
	if err := z.shift(data, 1<<32); err == nil {
		t.Error("32-bit offsets were moved beyond their range")
	}
}

func TestOtherTrailersAreKept(t *testing.T) {
	model := mustEncode(t, testmodel.RNN())
	if m := mustDecode(t, model); m.Trailer != nil {
		t.Errorf("a plain file has a trailer: %x", m.Trailer)
	}
	cut := archiveOf(t, 0)
	for _, trailer := range []string{"x", "\x00\x00signed", "PK\x05\x06", string(cut[:len(cut)-1]), "tail" + string(cut[5:])} {
		m := mustDecode(t, append(bytes.Clone(model), trailer...))
		if string(m.Trailer) != trailer {
			t.Errorf("trailer %q became %q", trailer, m.Trailer)
		}
		roundTrip(t, m)
	}
}
