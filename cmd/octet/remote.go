package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/octetlite/octet/client"
	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/quantize"
	"github.com/octetlite/octet/pkg/store"
)

// cancelTimeout bounds the call that cancels a job after Ctrl-C.
const cancelTimeout = 10 * time.Second

// convertRemote runs a conversion on a cluster: it uploads what the cluster does not have, follows the job, and fetches the result. The
// outcome is nil if the job is left running.
func convertRemote(ctx context.Context, s streams, source convert.Source, f *convertFlags, opt convert.Options, bar *progress) (*outcome, error) {
	c, err := client.Dial(f.coordinator)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	spec := client.Spec{
		SourceName: filepath.Base(source.Name), Scheme: string(opt.Scheme), TFLite: opt.Quantize.Compat == quantize.TFLite, IO: ioName(f, opt),
		Strict: f.strict, Signature: f.signature, SkipBad: opt.SkipBad, Fold: f.fold,
		WeightBits: opt.Quantize.Bits, BlockSize: opt.Quantize.Block, PerTensor: opt.Quantize.PerTensor, PerTensorDense: opt.Quantize.PerTensorDense,
		KeepFloat: opt.Quantize.KeepFloat, Recipe: string(f.recipeText), Calibrator: opt.Calibrator.String(), Histograms: opt.Observe.Histogram, SampleRanges: opt.Observe.PerSample,
		FreshStatistics: f.noCache,
	}
	notes, err := upload(ctx, c, source, f, opt, &spec, bar)
	if err != nil {
		return nil, err
	}
	job, err := c.Create(ctx, rand.Text(), spec)
	if err != nil {
		return nil, err
	}
	if f.detach {
		bar.close()
		if f.json {
			return nil, writeJSON(s.out, job)
		}
		_, err := fmt.Fprintln(s.out, job.ID)
		return nil, err
	}
	ended, err := c.Watch(ctx, job.ID, bar.job)
	if err != nil {
		if ctx.Err() != nil {
			err = cancelJob(ctx, c, job.ID)
		}
		return nil, err
	}
	if err := jobOutcome(ended); err != nil {
		return nil, err
	}
	out, err := fetchOutcome(ctx, c, ended, f, opt)
	if err != nil {
		return nil, err
	}
	out.summary.Notes = notes
	return out, nil
}

// cancelJob ends a job whose client was interrupted, and returns what that client has to say.
func cancelJob(ctx context.Context, c *client.Client, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cancelTimeout)
	defer cancel()
	if _, err := c.Cancel(ctx, id); err != nil {
		return fmt.Errorf("%w, but job %s goes on: it could not be cancelled: %w", errInterrupted, id, err)
	}
	return fmt.Errorf("%w: job %s is cancelled", errInterrupted, id)
}

// upload puts the source and its dataset or ranges into the cluster's store, names them in the specification, and returns notes for the user.
func upload(ctx context.Context, c *client.Client, source convert.Source, f *convertFlags, opt convert.Options, spec *client.Spec, bar *progress) ([]string, error) {
	u := uploads{client: c, bar: bar}
	var list []string
	if !source.Flatbuffer() {
		// The front ends need no cluster: what it gets is the float model.
		float, err := load(source, opt)
		if err != nil {
			return nil, err
		}
		source, list = convert.Source{Name: source.Name, Data: float.Bytes()}, float.Notes
	}
	spec.Source = u.bytes(source.Data)
	if f.ranges != "" {
		data, err := os.ReadFile(f.ranges)
		if err != nil {
			return nil, err
		}
		ref := u.bytes(data)
		spec.Ranges, spec.RangesName = &ref, filepath.Base(f.ranges)
	}
	if f.data != "" {
		float, err := load(source, opt)
		if err != nil {
			return nil, err
		}
		tmp, err := tempDir("octet-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(tmp)
		manifest, files, err := buildDataset(ctx, float, f.data, opt.Signature, tmp, bar)
		if err != nil {
			return nil, err
		}
		text, err := manifest.Encode()
		if err != nil {
			return nil, err
		}
		ref := u.bytes(text)
		spec.Dataset = &ref
		for _, b := range manifest.Refs() {
			u.add(client.Ref{Digest: b.Digest, Size: b.Size}, func() (store.Blob, error) { return files.Open(ctx, b.Digest) })
		}
		return append(list, notes(float, opt.Signature)...), u.send(ctx)
	}
	return list, u.send(ctx)
}

// uploads are blobs to be uploaded.
type uploads struct {
	client *client.Client
	bar    *progress
	refs   []client.Ref
	open   map[store.Digest]func() (store.Blob, error)
}

func (u *uploads) add(ref client.Ref, open func() (store.Blob, error)) {
	if u.open == nil {
		u.open = map[store.Digest]func() (store.Blob, error){}
	}
	if u.open[ref.Digest] == nil {
		u.refs = append(u.refs, ref)
		u.open[ref.Digest] = open
	}
}

func (u *uploads) bytes(data []byte) client.Ref {
	ref := client.Ref{Digest: store.Of(data), Size: int64(len(data))}
	u.add(ref, func() (store.Blob, error) { return bytesBlob{bytes.NewReader(data)}, nil })
	return ref
}

type bytesBlob struct{ *bytes.Reader }

func (bytesBlob) Close() error { return nil }

// send uploads what the store does not have.
func (u *uploads) send(ctx context.Context) error {
	missing, err := u.client.Blobs.Missing(ctx, u.refs)
	if err != nil {
		return err
	}
	var total, done int64
	for _, r := range missing {
		total += r.Size
	}
	for _, r := range missing {
		blob, err := u.open[r.Digest]()
		if err != nil {
			return err
		}
		err = u.client.Blobs.Upload(ctx, r, blob, func(n int64) {
			done += n
			u.bar.show("upload", done, total, "bytes")
		})
		if err := errors.Join(err, blob.Close()); err != nil {
			return err
		}
	}
	return nil
}

// download reads a blob into memory and checks its digest.
func download(ctx context.Context, c *client.Client, ref client.Ref) ([]byte, error) {
	r, _, err := c.Blobs.Fetch(ctx, ref.Digest)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, err
	}
	if store.Of(data) != ref.Digest {
		return nil, fmt.Errorf("fetch %.12s: %w", ref.Digest, store.ErrCorrupt)
	}
	return data, nil
}

// fetchOutcome fetches what a job made.
func fetchOutcome(ctx context.Context, c *client.Client, job client.Job, f *convertFlags, opt convert.Options) (*outcome, error) {
	var report *quantize.Report
	out := &outcome{}
	model, err := download(ctx, c, *job.Model)
	if err != nil {
		return nil, err
	}
	out.model = bytes.NewReader(model)
	if job.Report != nil {
		data, err := download(ctx, c, *job.Report)
		if err != nil {
			return nil, err
		}
		report = &quantize.Report{}
		if err := json.Unmarshal(data, report); err != nil {
			return nil, fmt.Errorf("report of job %s: %w", job.ID, err)
		}
	}
	out.summary = newSummary(f, opt, report)
	out.summary.Job, out.summary.StatsFrom = job.ID, job.StatsFrom
	if job.Stats != nil {
		if out.stats, err = download(ctx, c, *job.Stats); err != nil {
			return nil, err
		}
		stats, err := calib.Decode(out.stats)
		if err != nil {
			return nil, fmt.Errorf("statistics of job %s: %w", job.ID, err)
		}
		out.summary.setStats(stats)
	}
	return out, nil
}

// fetchResults writes what a job made to files.
func fetchResults(ctx context.Context, c *client.Client, job client.Job, model, stats string) error {
	if job.Model == nil {
		return fmt.Errorf("job %s is %s: it has no result", job.ID, job.State)
	}
	if model != "" {
		data, err := download(ctx, c, *job.Model)
		if err != nil {
			return err
		}
		if err := writeFile(model, data); err != nil {
			return err
		}
	}
	if stats != "" {
		if job.Stats == nil {
			return fmt.Errorf("job %s calibrated nothing: it has no statistics", job.ID)
		}
		data, err := download(ctx, c, *job.Stats)
		if err != nil {
			return err
		}
		return writeFile(stats, data)
	}
	return nil
}
