package tflite

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
)

// archive is what has to be known of a ZIP archive to move it.
type archive struct {
	base    int64 // what a stored offset exceeds the position in the archive by
	offsets []zipOffset
}

// zipOffset is a stored offset: where it is, and whether it has 8 bytes rather than 4.
type zipOffset struct {
	at   int64
	wide bool
}

func (o zipOffset) get(data []byte) int64 {
	if o.wide {
		return int64(binary.LittleEndian.Uint64(data[o.at:]))
	}
	return int64(binary.LittleEndian.Uint32(data[o.at:]))
}

// Sizes and signatures of a ZIP file's records (APPNOTE.TXT, section 4.3), and the value that says that a ZIP64 record holds the real one.
const (
	eocdSize, eocd64Size, locator64Size, entrySize, localSize = 22, 56, 20, 46, 30

	eocdMark, eocd64Mark, locator64Mark, entryMark, localMark = "PK\x05\x06", "PK\x06\x06", "PK\x06\x07", "PK\x01\x02", "PK\x03\x04"

	inZip64 = math.MaxUint32
)

// readZip finds every offset that data stores if it is a ZIP archive; ok says whether it is a sound one.
func readZip(data []byte) (z archive, ok bool) {
	u16 := func(at int64) int64 { return int64(binary.LittleEndian.Uint16(data[at:])) }
	u32 := func(at int64) int64 { return int64(binary.LittleEndian.Uint32(data[at:])) }
	is := func(at int64, mark string, size int64) bool {
		return at >= 0 && at <= int64(len(data))-size && string(data[at:at+4]) == mark
	}
	eocd := int64(bytes.LastIndex(data[max(0, len(data)-eocdSize-math.MaxUint16):], []byte(eocdMark)))
	if eocd += int64(max(0, len(data)-eocdSize-math.MaxUint16)); !is(eocd, eocdMark, eocdSize) || eocd+eocdSize+u16(eocd+20) != int64(len(data)) {
		return z, false
	}
	count, size, offset, end := u16(eocd+10), u32(eocd+12), zipOffset{eocd + 16, false}, eocd
	if locator := eocd - locator64Size; is(locator, locator64Mark, locator64Size) {
		record := locator - eocd64Size
		if !is(record, eocd64Mark, eocd64Size) {
			return z, false
		}
		z.offsets = append(z.offsets, zipOffset{locator + 8, true})
		if offset.get(data) != inZip64 {
			z.offsets = append(z.offsets, offset)
		}
		count, size = int64(binary.LittleEndian.Uint64(data[record+32:])), int64(binary.LittleEndian.Uint64(data[record+40:]))
		offset, end = zipOffset{record + 48, true}, record
	}
	z.offsets = append(z.offsets, offset)
	at := end - size
	if size < 0 || at < 0 || count < 0 || count > size/entrySize {
		return z, false
	}
	z.base = offset.get(data) - at
	for range count {
		if !is(at, entryMark, entrySize) {
			return z, false
		}
		extra := at + entrySize + u16(at+28)
		next := extra + u16(at+30) + u16(at+32)
		if next > end {
			return z, false
		}
		local := zipOffset{at + 42, false}
		if local.get(data) == inZip64 {
			local = wideOffset(data, extra, extra+u16(at+30), u32(at+24) == inZip64, u32(at+20) == inZip64)
		}
		if local.at == 0 || !is(local.get(data)-z.base, localMark, localSize) {
			return z, false
		}
		z.offsets = append(z.offsets, local)
		at = next
	}
	return z, at == end
}

// wideOffset finds the 8-byte offset in a ZIP64 extra field between from and to; before it stand the sizes that are too large as well.
func wideOffset(data []byte, from, to int64, sizes ...bool) zipOffset {
	for from+4 <= to {
		id, n := binary.LittleEndian.Uint16(data[from:]), int64(binary.LittleEndian.Uint16(data[from+2:]))
		at := from + 4
		for _, present := range sizes {
			if present {
				at += 8
			}
		}
		if id == 1 && at+8 <= min(from+4+n, to) {
			return zipOffset{at, true}
		}
		from += 4 + n
	}
	return zipOffset{}
}

// shift adds delta to every offset stored in data, which is the archive that was read.
func (z archive) shift(data []byte, delta int64) error {
	for _, o := range z.offsets {
		v := o.get(data) + delta
		switch {
		case o.wide:
			binary.LittleEndian.PutUint64(data[o.at:], uint64(v))
		case v < 0 || v >= inZip64:
			return fmt.Errorf("the ZIP archive behind the model can't store the offset %d", v)
		default:
			binary.LittleEndian.PutUint32(data[o.at:], uint32(v))
		}
	}
	return nil
}
