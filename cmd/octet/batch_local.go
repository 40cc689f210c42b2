package main

import (
	"context"
	"errors"
	"sync"

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
	var runs runnable
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
			note := w.notCompared(m.float, &runs)
			if w.flags.data != "" && data == nil {
				if data, err = openData(ctx, m.float, w.flags, w.opt, true, bar); err != nil {
					return nil, err
				}
			}
			m.data = data
			if w.flags.calibrates(w.opt.Scheme) && m.memo == nil {
				if m.memo, err = openCache(w.flags); err != nil {
					return nil, err
				}
			}
			return noted(note)(m.convert(ctx, w.flags, w.opt, bar))
		}, source, size)
	}
}

// runnable remembers which float models can't be executed, and why.
type runnable struct {
	mu    sync.Mutex
	known map[*convert.Float]error
}

func (r *runnable) check(float *convert.Float, opt convert.Options) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err, ok := r.known[float]
	if !ok {
		if err = convert.Runnable(float, opt); r.known == nil {
			r.known = map[*convert.Float]error{}
		}
		r.known[float] = err
	}
	return err
}

// notCompared gives up the comparison of a result that can be had without running the model, if that can't be run. It returns what is to be noted; "" if there is nothing to give up. With a limit
// there is no result without comparison.
func (w *work) notCompared(float *convert.Float, runs *runnable) string {
	f := w.flags
	if !f.verify || f.calibrates(w.opt.Scheme) || f.question.maxDrop != "" || f.question.minSQNR != "" {
		return ""
	}
	err := runs.check(float, w.opt)
	if convert.KindOf(err) != convert.Refused {
		return ""
	}
	f.verify, f.data, w.opt.Holdout = false, "", convert.Holdout{}
	reason, _ := errors.AsType[*convert.Error](err)
	return "not compared with the float model: " + reason.Err.Error()
}

// noted returns what adds a note to an outcome; none if it is empty.
func noted(note string) func(*outcome, error) (*outcome, error) {
	return func(out *outcome, err error) (*outcome, error) {
		if err == nil && note != "" {
			out.summary.Notes = append(out.summary.Notes, note)
		}
		return out, err
	}
}
