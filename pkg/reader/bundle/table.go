package bundle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/golang/snappy"
)

const (
	footerSize  = 48
	tableMagic  = 0xdb4775248b80fb57
	trailerSize = 5 // the kind of compression, and a checksum of the block with it

	// expansion bounds how much larger than the file the keys and the inflated blocks may be. Keys share prefixes, at most 15 in
	// a row as written, and snappy reaches 21.
	expansion = 32
	slack     = 1 << 16
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	errCut     = errors.New("data ends too early")
)

// masked is how LevelDB stores a CRC-32C next to the data that it covers.
func masked(crc uint32) uint32 { return (crc>>15 | crc<<17) + 0xa282ead8 }

// table is a LevelDB table in memory: an index of blocks, which hold entries in the order of their keys.
type table struct {
	file   []byte
	budget int // bytes of keys and inflated blocks that may still come
}

// visitTable calls visit with each entry of a table, by ascending keys. The value is part of the file unless its block was
// compressed. It checks every block's checksum, and that blocks don't overlap and keys ascend.
func visitTable(file []byte, visit func(key string, value []byte) error) error {
	if len(file) < footerSize || binary.LittleEndian.Uint64(file[len(file)-8:]) != tableMagic {
		return errors.New("not a LevelDB table: no magic number at its end")
	}
	t := table{file: file, budget: expansion*len(file) + slack}
	footer := file[len(file)-footerSize : len(file)-8]
	_, footer, err := readHandle(footer) // of meta blocks, which checkpoints don't have
	if err != nil {
		return fmt.Errorf("footer: %w", err)
	}
	at, _, err := readHandle(footer)
	if err != nil {
		return fmt.Errorf("footer: %w", err)
	}
	index, err := t.block(at)
	if err != nil {
		return fmt.Errorf("index block: %w", err)
	}
	end, last, first := uint64(0), "", true
	err = t.entries(index, func(_ string, value []byte) error {
		at, _, err := readHandle(value)
		if err != nil {
			return err
		}
		if at.offset < end {
			return fmt.Errorf("block at %d overlaps the one before it, which ends at %d", at.offset, end)
		}
		block, err := t.block(at)
		if err != nil {
			return fmt.Errorf("block at %d: %w", at.offset, err)
		}
		end = at.offset + at.size
		err = t.entries(block, func(key string, value []byte) error {
			if !first && key <= last {
				return fmt.Errorf("key %.200q does not come after %.200q", key, last)
			}
			last, first = key, false
			return visit(key, value)
		})
		if err != nil {
			return fmt.Errorf("block at %d: %w", at.offset, err)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("index block: %w", err)
	}
	return nil
}

// handle is the place of a block in the file, without its trailer.
type handle struct{ offset, size uint64 }

func readHandle(b []byte) (handle, []byte, error) {
	offset, b, err := uvarint(b)
	if err != nil {
		return handle{}, nil, fmt.Errorf("offset of a block: %w", err)
	}
	size, b, err := uvarint(b)
	if err != nil {
		return handle{}, nil, fmt.Errorf("size of a block: %w", err)
	}
	return handle{offset, size}, b, nil
}

// block returns a block's entries, inflated and without its restart points.
func (t *table) block(at handle) ([]byte, error) {
	n := uint64(len(t.file))
	if at.offset > n || at.size > n-at.offset || n-at.offset-at.size < trailerSize {
		return nil, fmt.Errorf("%d bytes at %d, of %d: %w", at.size, at.offset, n, errCut)
	}
	data, trailer := t.file[at.offset:at.offset+at.size], t.file[at.offset+at.size:]
	sum := masked(crc32.Checksum(t.file[at.offset:at.offset+at.size+1], castagnoli))
	if stored := binary.LittleEndian.Uint32(trailer[1:]); sum != stored {
		return nil, fmt.Errorf("checksum %08x, stored %08x", sum, stored)
	}
	switch trailer[0] {
	case 0:
	case 1:
		size, err := snappy.DecodedLen(data)
		if err != nil {
			return nil, err
		}
		if err := t.spend(size); err != nil {
			return nil, err
		}
		if data, err = snappy.Decode(nil, data); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("unknown compression %d", trailer[0])
	}
	if len(data) < 4 {
		return nil, fmt.Errorf("number of restart points: %w", errCut)
	}
	restarts := uint64(binary.LittleEndian.Uint32(data[len(data)-4:]))
	if restarts > uint64(len(data)-4)/4 {
		return nil, fmt.Errorf("%d restart points in %d bytes: %w", restarts, len(data), errCut)
	}
	return data[:len(data)-4-int(restarts)*4], nil
}

// entries calls visit with each entry of a block. A key is the start of the key before it and bytes of its own.
func (t *table) entries(block []byte, visit func(key string, value []byte) error) error {
	key := ""
	for rest := block; len(rest) > 0; {
		place := len(block) - len(rest)
		var head [3]uint64 // lengths of the shared part, of the rest of the key, and of the value
		for i := range head {
			var err error
			if head[i], rest, err = uvarint(rest); err != nil {
				return fmt.Errorf("entry at %d: %w", place, err)
			}
		}
		shared, own, size := head[0], head[1], head[2]
		if shared > uint64(len(key)) {
			return fmt.Errorf("entry at %d shares %d bytes of the key %.200q", place, shared, key)
		}
		if own > uint64(len(rest)) || size > uint64(len(rest))-own {
			return fmt.Errorf("entry at %d: %w", place, errCut)
		}
		if err := t.spend(int(shared + own)); err != nil {
			return fmt.Errorf("entry at %d: %w", place, err)
		}
		key = key[:shared] + string(rest[:own])
		if err := visit(key, rest[own:own+size]); err != nil {
			return err
		}
		rest = rest[own+size:]
	}
	return nil
}

// spend takes n bytes from the budget.
func (t *table) spend(n int) error {
	if n > t.budget {
		return fmt.Errorf("keys and compressed blocks grow to more than %d times the file's %d bytes", expansion, len(t.file))
	}
	t.budget -= n
	return nil
}

// uvarint reads a number of seven bits a byte, the lowest first.
func uvarint(b []byte) (uint64, []byte, error) {
	v, n := binary.Uvarint(b)
	if n == 0 {
		return 0, nil, errCut
	}
	if n < 0 {
		return 0, nil, fmt.Errorf("number %x has more than 64 bits", bytes.TrimRight(b[:-n], "\x00"))
	}
	return v, b[n:], nil
}
