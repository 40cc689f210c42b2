package image

import (
	"bytes"
	"encoding/binary"
)

const orientationTag = 0x0112

// jpegOrientation looks for an APP1 segment with EXIF data before the first scan.
func jpegOrientation(data []byte) int {
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		marker := data[at+1]
		switch {
		case marker == 0xff: // fill byte
			at++
			continue
		case marker == 0x01 || marker >= 0xd0 && marker <= 0xd8: // no length
			at += 2
			continue
		case marker == 0xda || marker == 0xd9:
			return 1
		}
		end := at + 2 + int(binary.BigEndian.Uint16(data[at+2:]))
		if end < at+4 || end > len(data) {
			return 1
		}
		if body, ok := bytes.CutPrefix(data[at+4:end], []byte("Exif\x00\x00")); ok && marker == 0xe1 {
			return tiffOrientation(body)
		}
		at = end
	}
	return 1
}

// pngOrientation looks for an eXIf chunk.
func pngOrientation(data []byte) int {
	for at := 8; at+12 <= len(data); {
		length := int64(binary.BigEndian.Uint32(data[at:]))
		end := int64(at) + 8 + length
		if end+4 > int64(len(data)) {
			return 1
		}
		if string(data[at+4:at+8]) == "eXIf" {
			return tiffOrientation(data[at+8 : end])
		}
		at = int(end) + 4
	}
	return 1
}

// webpOrientation looks for an EXIF chunk, which some writers begin as in a JPEG.
func webpOrientation(data []byte) int {
	for at := 12; at+8 <= len(data); {
		length := int64(binary.LittleEndian.Uint32(data[at+4:]))
		end := int64(at) + 8 + length
		if end > int64(len(data)) {
			return 1
		}
		if string(data[at:at+4]) == "EXIF" {
			return tiffOrientation(bytes.TrimPrefix(data[at+8:end], []byte("Exif\x00\x00")))
		}
		at = int(end + length&1)
	}
	return 1
}

// tiffOrientation returns the orientation in the first directory of a TIFF structure, 1 if there is no valid one.
func tiffOrientation(tiff []byte) int {
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case bytes.HasPrefix(tiff, []byte("II*\x00")):
	case bytes.HasPrefix(tiff, []byte("MM\x00*")):
		order = binary.BigEndian
	default:
		return 1
	}
	if len(tiff) < 8 {
		return 1
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 1
	}
	const entrySize, short = 12, 3
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < entrySize {
			return 1
		}
		if order.Uint16(entries) == orientationTag && order.Uint16(entries[2:]) == short && order.Uint32(entries[4:]) == 1 {
			if v := order.Uint16(entries[8:]); v >= 1 && v <= 8 {
				return int(v)
			}
			return 1
		}
		entries = entries[entrySize:]
	}
	return 1
}
