package bundle_test

import (
	"runtime"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/octetlite/octet/pkg/reader/bundle"
)

// visit opens a checkpoint and reads all of it; errors are as good as tensors.
func visit(index, data []byte) {
	files := fstest.MapFS{"c.index": {Data: index}, "c.data-00000-of-00001": {Data: data}}
	b, err := bundle.Open(files, "c")
	if err != nil {
		return
	}
	for _, k := range b.Keys() {
		if _, err := b.Read(k); err != nil {
			_, _ = b.ReadStrings(k)
		}
	}
}

// TestDamage cuts an index everywhere and changes each byte, with its block's checksum and without, and bounds what reading allocates.
func TestDamage(t *testing.T) {
	for _, prefix := range []string{"types", "slices"} {
		index, data := read(t, prefix+".index"), read(t, prefix+".data-00000-of-00001")
		try := func(what string, i int, damaged []byte) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			visit(damaged, data)
			runtime.ReadMemStats(&after)
			if got, most := after.TotalAlloc-before.TotalAlloc, uint64(64*(len(index)+len(data))+1<<17); got > most {
				t.Errorf("%s: byte %d %s: %d bytes allocated, want at most %d", prefix, i, what, got, most)
			}
		}
		for i := range index {
			try("cut", i, index[:i])
			damaged := slices.Clone(index)
			damaged[i] ^= 0x55
			try("changed", i, damaged)
			resum(damaged)
			try("changed in a block that knows", i, damaged)
		}
	}
}

// resum sets the checksum of a file's first block, which the small ones have all their entries in.
func resum(file []byte) {
	for end := 4; end+5 <= len(file); end++ {
		if file[end] == 0 && string(file[end-4:end]) == "\x01\x00\x00\x00" {
			c := checksum(file[:end+1])
			file[end+1], file[end+2], file[end+3], file[end+4] = byte(c), byte(c>>8), byte(c>>16), byte(c>>24)
			return
		}
	}
}

func FuzzOpen(f *testing.F) {
	for _, prefix := range []string{"types", "slices", "module"} {
		f.Add(read(f, prefix+".index"), read(f, prefix+".data-00000-of-00001"))
	}
	f.Fuzz(func(_ *testing.T, index, data []byte) {
		visit(index, data)
	})
}

// FuzzEntry puts an entry's bytes behind checksums that hold.
func FuzzEntry(f *testing.F) {
	f.Add("a", bytesEntry("abcd", 4), "abcd")
	f.Add("\x00a\x00\x01\x01\x01\x80\x7f", bytesEntry("abcd", 4)+message(7, message(1)), "abcd")
	f.Fuzz(func(_ *testing.T, key, entry, data string) {
		var w writer
		w.data(oneShard, row{0, key, entry}, row{0, key + "\xff", entry})
		visit(w.finish(), []byte(data))
	})
}
