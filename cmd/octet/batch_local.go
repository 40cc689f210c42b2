package main

import (
	"context"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/convert"
)

// convertHere converts a model in several schemes in this process: it is read once, and calibrated once for all that need the same.
func (b *batch) convertHere(ctx context.Context, all []*work, bar *progress) {
	source, size, done, err := all[0].flags.source.open(ctx, all[0].Path)
	if err != nil {
		for _, w := range all {
			b.ended(w, plainOpen(w.Path, err))
		}
		return
	}
	defer done()
	models := map[bool]*localModel{} // by whether constants were folded
	var data *localData
	defer func() {
		if data != nil {
			data.close()
		}
	}()
	shared := map[string]*calib.Stats{}
	for _, w := range all {
		if ctx.Err() != nil {
			return
		}
		b.one(ctx, w, func() (*outcome, error) {
			m := models[w.opt.Folding()]
			if m == nil {
				float, err := convert.Load(source, w.opt.Folding())
				if err != nil {
					return nil, err
				}
				m = &localModel{float: float, shared: shared}
				models[w.opt.Folding()] = m
			}
			if w.opt.Scheme != convert.None {
				if err := convert.Quantizable(m.float); err != nil {
					return nil, err
				}
			}
			if w.flags.data != "" && data == nil {
				if data, err = openData(ctx, m.float, w.flags, w.opt, bar); err != nil {
					return nil, err
				}
			}
			m.data = data
			if w.flags.calibrates(w.opt.Scheme) && m.memo == nil {
				if m.memo, err = openCache(w.flags); err != nil {
					return nil, err
				}
			}
			return m.convert(ctx, w.flags, w.opt, bar)
		}, source, size)
	}
}
