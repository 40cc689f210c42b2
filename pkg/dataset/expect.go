package dataset

// expecting is a source that knows where its samples' bytes are without reading anything. want is called for each run of them.
type expecting interface {
	expect(m *Manifest, i int, want func(blob int, offset, size int64))
}

// maxExpected bounds what Expect asks for at a time, in bytes.
const maxExpected = 16 << 20

// Expect says that the samples in [first, last) are wanted next. What lies elsewhere is asked for, as far as there is room and it was not yet; nothing is waited for.
func (r *Reader) Expect(first, last int) {
	s, ok := r.source.(expecting)
	if !ok || !r.distant {
		return
	}
	first, last = max(first, 0), min(last, r.manifest.Samples)
	r.mu.Lock()
	from := first
	if r.told[0] <= first && first < r.told[1] {
		from = r.told[1]
	}
	r.mu.Unlock()
	total, room := int64(0), true
	i := from
	for ; i < last && room && total < maxExpected; i++ {
		s.expect(r.manifest, i, func(blob int, offset, size int64) {
			lies := r.manifest.Blobs[blob]
			if lies.At == nil || offset >= lies.Size {
				return
			}
			size = min(size, lies.Size-offset)
			if b, err := r.kept(blob); err == nil { // else who reads the sample reports it
				if p, ok := b.(Prefetcher); ok {
					room = p.Prefetch(offset, size) && room
					total += size
				}
			}
		})
	}
	if !room {
		i-- // the next time again
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = [2]int{first, max(i, first)}
}

func (l *images) expect(m *Manifest, i int, want func(blob int, offset, size int64)) {
	b := l.Files[i].Blob
	want(b, 0, m.Blobs[b].Size)
}

func (l *records) expect(_ *Manifest, i int, want func(blob int, offset, size int64)) {
	k, n := l.find(i)
	want(l.Files[k].Blob, l.at[k][n].Offset, l.at[k][n].Length+recordFooter)
}

// expect takes rows to be of one size, as they are but for the header in front of them.
func (a *arrays) expect(m *Manifest, i int, want func(blob int, offset, size int64)) {
	for _, p := range a.Inputs {
		want(p.Blob, p.Offset+p.Size/int64(m.Samples)*int64(i), p.Size/int64(m.Samples))
	}
}
