package coordinator

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/numerics"
	"github.com/octetlite/octet/pkg/store"
)

// What is read as a whole is bounded, in bytes.
const (
	maxModel    = 1 << 36 // constants may lie behind a flatbuffer, beyond the 2 GB that its offsets reach
	maxManifest = 1 << 28
	maxStats    = 1 << 28
)

// prepare reads a job's model and dataset and plans its shards.
func (s *Server) prepare(ctx context.Context, r Record) (_ Event, err error) {
	ctx, end := s.span(ctx, "prepare")
	defer end(&err)
	if r.Numerics != numerics.Version {
		return nil, fmt.Errorf("the job was begun under numerics version %d, this coordinator has %d: create it again", r.Numerics, numerics.Version)
	}
	if err := s.vet(ctx, r.Spec); err != nil {
		return nil, err
	}
	f, opt, err := s.load(ctx, r)
	if err != nil {
		return nil, err
	}
	p := Prepared{Job: r.ID, Numerics: r.Numerics}
	if err := s.settleStream(&r); err != nil {
		return nil, err
	}
	switch d := r.dataset(); {
	case d != nil:
		m, err := s.manifest(ctx, d.Digest)
		if err != nil {
			return nil, err
		}
		if len(m.Objects()) > 0 {
			id, err := m.Digest()
			if err != nil {
				return nil, err
			}
			s.amend(r.ID, func(r *Record) { r.DatasetID = id })
		}
		if err := s.plan(ctx, r, f, opt, m, &p); err != nil {
			return nil, err
		}
	case r.Spec.Stream != "":
		if err := s.planStream(ctx, r, f, opt, &p); err != nil {
			return nil, err
		}
	}
	float, release, err := s.put(ctx, f.Bytes())
	if err != nil {
		return nil, err
	}
	defer release()
	s.amend(r.ID, func(r *Record) { r.Float = float })
	p.Model = float.Digest
	return p, nil
}

// plan plans the shards that calibrate, if there are any, and looks up which shards of the job are done. It finds out early what would come up when a model is compared.
func (s *Server) plan(ctx context.Context, r Record, f *convert.Float, opt convert.Options, m *dataset.Manifest, p *Prepared) error {
	if r.Spec.Verification != nil {
		if _, err := s.asked(ctx, &r.Spec, m); err != nil {
			return err
		}
	}
	if r.Spec.Quantized != nil {
		if _, err := s.verification(ctx, &work{Record: r, float: f, manifest: m}, *r.Spec.Quantized); err != nil {
			return err
		}
	}
	if r.Spec.calibrates() {
		job, err := convert.Plan(f, opt, m)
		if err != nil {
			return err
		}
		plan, whole, err := s.shards(r, m, job.Samples)
		if err != nil {
			return err
		}
		from, measured := s.recall(ctx, r, job)
		switch {
		case !measured:
			if whole != nil {
				if err := s.divide(ctx, r.ID, whole, len(plan)); err != nil {
					return err
				}
			}
			p.Plan = plan
		case from == "": // before a restart
			p.Before = Progress{SamplesDone: job.Samples, SamplesTotal: job.Samples, ShardsDone: len(plan), ShardsTotal: len(plan)}
		}
	}
	if len(p.Plan) > 0 || opt.Auto || r.Spec.Verification != nil {
		need, err := convert.Need(f, opt)
		if err != nil {
			return err
		}
		p.Need = Need{need.Model, need.Shard}
	}
	return s.accepted(ctx, p)
}

// accepted looks up which shards of a job are done.
func (s *Server) accepted(ctx context.Context, p *Prepared) error {
	err := s.persist(ctx, p.Job, func(ctx context.Context) (err error) {
		p.Accepted, err = s.Journal.Accepted(ctx, p.Job)
		return err
	})
	// A result whose blob was lost is computed again, to the same blob.
	maps.DeleteFunc(p.Accepted, func(_ int, digest string) bool {
		_, err := s.folder.Stat(ctx, store.Digest(digest))
		return errors.Is(err, store.ErrNotFound)
	})
	return err
}

// load reads a job's source.
func (s *Server) load(ctx context.Context, r Record) (*convert.Float, convert.Options, error) {
	opt, err := r.Spec.options()
	if err != nil {
		return nil, opt, err
	}
	data, err := s.read(ctx, cmp.Or(r.Spec.SourceName, "source"), r.Spec.Source.Digest, maxModel)
	if err != nil {
		return nil, opt, err
	}
	f, err := convert.Load(convert.Source{Name: r.Spec.SourceName, Data: data}, opt.Folding())
	return f, opt, err
}

// manifest reads a dataset's manifest.
func (s *Server) manifest(ctx context.Context, digest string) (*dataset.Manifest, error) {
	data, err := s.read(ctx, "dataset", digest, maxManifest)
	if err != nil {
		return nil, err
	}
	m, err := dataset.Decode(data)
	if err != nil {
		return nil, &convert.Error{Kind: convert.BadInput, Source: "dataset", Err: err}
	}
	return m, nil
}

// read returns a whole blob of at most limit bytes. One that is damaged is removed, so that an upload mends it.
func (s *Server) read(ctx context.Context, what, digest string, limit int64) ([]byte, error) {
	d := store.Digest(digest)
	size, err := s.folder.Stat(ctx, d)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	if size > limit {
		return nil, &convert.Error{Kind: convert.BadInput, Source: what, Err: fmt.Errorf("%d bytes: the limit is %d", size, limit)}
	}
	data, err := store.ReadAll(ctx, s.folder, d)
	if errors.Is(err, store.ErrCorrupt) {
		err = errors.Join(err, s.folder.Delete(ctx, d))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return data, nil
}

// put stores data, and keeps it from being collected until release.
func (s *Server) put(ctx context.Context, data []byte) (b Blob, release func(), err error) {
	d := store.Of(data)
	release = s.hold(string(d))
	if _, _, err := s.folder.Put(ctx, d, bytes.NewReader(data)); err != nil {
		release()
		return Blob{}, nil, err
	}
	return Blob{string(d), int64(len(data))}, release, nil
}
