package coordinator

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"go.uber.org/zap"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/sandbox"
	"github.com/octetlite/octet/pkg/shard"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/verify"
)

// What a coordinator and its child call things.
const (
	vetCall  = "vet"  // a vetRequest, as JSON
	openCall = "open" // a digest; yields the path of a file
)

// smallManifest is how large a manifest may be, in bytes, to be read without being vetted: in memory it is at most a few hundred times as large.
const smallManifest = 1 << 18

// vet has what a job is about read in a child, by the code that reads it here afterwards. That code depends on nothing but what it reads, so what it does to the child it would do to
// this process: an error is that of what takes too much memory, or does not end. Other errors come up again here, where they are told.
func (s *Server) vet(ctx context.Context, spec Spec) error {
	return s.rehearse(ctx, vetRequest{Spec: spec}, "reading")
}

// vetEnd is vet of what a job's model becomes by its statistics, which are in the store: nil if it needs none. The quantizer is given what comes from outside, too.
func (s *Server) vetEnd(ctx context.Context, w *work, stats *Blob, e ending) error {
	if w.opt.Scheme == convert.None {
		return nil
	}
	if stats != nil {
		e.Stats = stats.Digest
	}
	return s.rehearse(ctx, vetRequest{w.Spec, &e}, "quantizing")
}

// vetRequest is what a child is to read, or to quantize when it has read it.
type vetRequest struct {
	Spec
	End *ending `json:"end,omitempty"`
}

// ending is how a model is quantized.
type ending struct {
	Stats      string `json:"stats,omitempty"`      // their digest
	Calibrator string `json:"calibrator,omitempty"` // the one that was chosen
	Trials     int    `json:"trials,omitempty"`     // samples of the dataset, if calibrators are to be tried; 0 if not
}

// rehearse does in a child what this process is about to do.
func (s *Server) rehearse(ctx context.Context, r vetRequest, doing string) error {
	if s.config.Sandbox == nil {
		return nil
	}
	spec := r.Spec
	request, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = s.config.Sandbox.Call(ctx, vetCall, request, sandbox.Host{Asked: func(_ context.Context, _ string, data []byte) ([]byte, error) {
		path, err := s.folder.Path(store.Digest(data))
		return []byte(path), err
	}})
	if d, died := errors.AsType[*sandbox.Death](err); died {
		s.log.Error("sandbox_died_twice", zap.String("source", spec.SourceName), zap.String("cause", string(d.Cause)), zap.String("state", d.State), zap.String("stderr", d.Stderr))
		return &convert.Error{Kind: convert.BadInput, Source: cmp.Or(spec.SourceName, "dataset"), Err: fmt.Errorf("%s it took the process that did so along, twice: %w", doing, d), Hint: wayOut[d.Cause]}
	}
	_, failed := errors.AsType[*sandbox.Failed](err)
	_, broken := errors.AsType[*sandbox.Panic](err)
	if failed || broken {
		return nil
	}
	return err
}

// wayOut is what an operator can do about a bound that is too narrow.
var wayOut = map[sandbox.Cause]string{
	sandbox.Memory: "coordinators allow more with --sandbox-memory", sandbox.Silent: "coordinators wait longer with --model-timeout",
}

// manifests returns the places for reading a manifest of a size when a job is created: in memory it may be many times as large, and callers may be many.
func (s *Server) manifests(size int64) *turns {
	if size <= smallManifest {
		return s.small
	}
	return s.large
}

// vetManifest is vet of a manifest alone.
func (s *Server) vetManifest(ctx context.Context, b Blob) error {
	if b.Size <= smallManifest {
		return nil
	}
	return s.vet(ctx, Spec{Dataset: &b})
}

// Child returns the calls that a coordinator makes in its sandbox.
func Child() map[string]sandbox.Handler {
	return map[string]sandbox.Handler{vetCall: func(ctx context.Context, c *sandbox.Caller, request []byte) ([]byte, error) {
		var r vetRequest
		if err := json.Unmarshal(request, &r); err != nil {
			return nil, err
		}
		v := vetting{spec: r.Spec, blobs: askedBlobs{c}}
		if r.End != nil {
			return nil, v.end(ctx, *r.End)
		}
		return nil, v.all(ctx)
	}}
}

// vetting reads what a job is about.
type vetting struct {
	spec  Spec
	blobs store.Opener
}

func (v *vetting) all(ctx context.Context) error {
	manifest, err := v.manifest(ctx)
	if err != nil || v.spec.Source.Digest == "" {
		return err
	}
	f, opt, err := v.load(ctx)
	if err != nil {
		return err
	}
	_ = f.Bytes()
	return errors.Join(v.calibration(f, opt, manifest), v.ranges(ctx, f), v.comparison(ctx, f, manifest))
}

func (v *vetting) load(ctx context.Context) (*convert.Float, convert.Options, error) {
	opt, err := v.spec.options()
	if err != nil {
		return nil, opt, err
	}
	data, err := store.ReadAll(ctx, v.blobs, store.Digest(v.spec.Source.Digest))
	if err != nil {
		return nil, opt, err
	}
	f, err := convert.Load(convert.Source{Name: v.spec.SourceName, Data: data}, opt.Folding())
	return f, opt, err
}

// end quantizes the model, as Server.finished and Server.try do.
func (v *vetting) end(ctx context.Context, e ending) error {
	f, opt, err := v.load(ctx)
	if err != nil {
		return err
	}
	var stats *calib.Stats
	if e.Stats != "" {
		data, err := store.ReadAll(ctx, v.blobs, store.Digest(e.Stats))
		if err != nil {
			return err
		}
		if stats, err = calib.Decode(data); err != nil {
			return err
		}
	}
	if e.Trials > 0 {
		_, err := convert.PlanTrials(f, opt, stats, e.Trials)
		return err
	}
	if e.Calibrator != "" {
		if opt.Calibrator, err = convert.ParseCalibrator(e.Calibrator); err != nil {
			return err
		}
	}
	made, err := convert.Finish(f, opt, stats)
	if err == nil {
		_ = made.Bytes()
	}
	return err
}

func (v *vetting) manifest(ctx context.Context) (*dataset.Manifest, error) {
	if v.spec.Dataset == nil {
		return nil, nil
	}
	data, err := store.ReadAll(ctx, v.blobs, store.Digest(v.spec.Dataset.Digest))
	if err != nil {
		return nil, err
	}
	return dataset.Decode(data)
}

func (v *vetting) calibration(f *convert.Float, opt convert.Options, m *dataset.Manifest) error {
	if !v.spec.calibrates() {
		return nil
	}
	if m != nil { // else it is a stream's, which the coordinator itself makes
		if _, err := convert.Plan(f, opt, m); err != nil {
			return err
		}
	}
	_, err := convert.Need(f, opt)
	return err
}

func (v *vetting) ranges(ctx context.Context, f *convert.Float) error {
	if v.spec.Ranges == nil {
		return nil
	}
	data, err := store.ReadAll(ctx, v.blobs, store.Digest(v.spec.Ranges.Digest))
	if err != nil {
		return err
	}
	_, err = convert.Ranges(f, convert.Source{Name: v.spec.RangesName, Data: data})
	return err
}

func (v *vetting) comparison(ctx context.Context, f *convert.Float, m *dataset.Manifest) error {
	if labels := v.spec.labels(); labels != nil {
		data, err := store.ReadAll(ctx, v.blobs, store.Digest(labels.Digest))
		if err != nil {
			return err
		}
		if _, err := dataset.DecodeLabels(data); err != nil {
			return err
		}
	}
	if v.spec.Quantized == nil || m == nil {
		return nil
	}
	data, err := store.ReadAll(ctx, v.blobs, store.Digest(v.spec.Quantized.Digest))
	if err != nil {
		return err
	}
	o := convert.VerifyOptions{Signature: v.spec.Signature, SkipBad: v.spec.SkipBad, Task: verify.Task(v.spec.Verification.Task), Output: v.spec.Verification.Output, Samples: shard.Range{Last: m.Len()}}
	_, err = convert.PlanVerification(f, convert.Source{Name: v.spec.QuantizedName, Data: data}, o, m)
	return err
}

// askedBlobs are blobs that the parent has in files.
type askedBlobs struct{ parent *sandbox.Caller }

// Open implements store.Opener.
func (a askedBlobs) Open(ctx context.Context, d store.Digest) (store.Blob, error) {
	path, err := a.parent.Ask(ctx, openCall, []byte(d))
	if err != nil {
		return nil, err
	}
	return store.OpenFile(string(path))
}
