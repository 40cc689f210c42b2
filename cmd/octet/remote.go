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
	"slices"
	"strings"
	"time"

	"github.com/octetlite/octet/client"
	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/quantize"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/verify"
)

// cancelTimeout bounds the call that cancels a job after Ctrl-C.
const cancelTimeout = 10 * time.Second

// convertRemote runs a conversion on a cluster: it uploads what the cluster does not have, follows the job, and fetches the result. The
// outcome is nil if the job is left running.
func convertRemote(ctx context.Context, s streams, source convert.Source, f *convertFlags, opt convert.Options, bar *progress) (*outcome, error) {
	c, err := f.coordinator.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	c.Waits = bar.turnedAway
	m, err := openRemote(ctx, c, source, f, opt, bar)
	if err != nil {
		return nil, err
	}
	defer m.close()
	spec, err := m.upload(ctx, f, opt, bar)
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
	ended, err := follow(ctx, c, job.ID, bar)
	if err != nil {
		return nil, err
	}
	return m.fetch(ctx, ended, f, opt)
}

// remoteModel is a model that is converted on a cluster, in one scheme or several.
type remoteModel struct {
	client   *client.Client
	source   convert.Source // a flatbuffer
	float    *convert.Float // nil if it was not needed
	folder   string         // of what is needed meanwhile; "" if there is none
	manifest *dataset.Manifest
	files    *store.Overlay
	notes    []string
}

// openRemote reads a model, and its data if the flags name some. close must be called if there is no error.
func openRemote(ctx context.Context, c *client.Client, source convert.Source, f *convertFlags, opt convert.Options, bar *progress) (m *remoteModel, err error) {
	m = &remoteModel{client: c, source: source}
	stream := strings.HasPrefix(f.data, streamData)
	if !source.Flatbuffer() || f.data != "" && (!stream || f.verify) {
		if m.float, err = load(source, opt); err != nil {
			return nil, err
		}
	}
	if !source.Flatbuffer() {
		// The front ends need no cluster: what it gets is the float model.
		m.source, m.notes = convert.Source{Name: source.Name, Data: m.float.Bytes()}, slices.Clone(m.float.Notes)
	}
	if f.data == "" {
		return m, nil
	}
	if stream {
		if f.verify {
			m.manifest, err = streamed(ctx, c, strings.TrimPrefix(f.data, streamData))
		}
		return m, err
	}
	if m.folder, err = tempDir(); err != nil {
		return nil, err
	}
	if m.manifest, m.files, err = buildDataset(ctx, m.float, f.data, opt.Signature, m.folder, &f.source.objects, bar); err != nil {
		m.close()
		return nil, err
	}
	m.notes = append(m.notes, notes(m.float, opt.Signature, m.manifest)...)
	return m, nil
}

// streamed returns the manifest that a stream became; nil while it is open.
func streamed(ctx context.Context, c *client.Client, name string) (*dataset.Manifest, error) {
	info, err := c.Stream(ctx, name)
	if err != nil || info.Dataset == nil {
		return nil, err
	}
	text, err := download(ctx, c, *info.Dataset)
	if err != nil {
		return nil, err
	}
	return dataset.Decode(text)
}

func (m *remoteModel) close() {
	if m.folder != "" {
		_ = os.RemoveAll(m.folder)
	}
}

// upload puts the source and its dataset or ranges into the cluster's store, and returns the specification that names them.
func (m *remoteModel) upload(ctx context.Context, f *convertFlags, opt convert.Options, bar *progress) (client.Spec, error) {
	spec := client.Spec{
		SourceName: filepath.Base(m.source.Name), Scheme: string(opt.Scheme), TFLite: opt.Quantize.Compat == quantize.TFLite, IO: ioName(f, opt),
		Strict: f.strict, Signature: f.signature, SkipBad: opt.SkipBad, Fold: f.fold,
		WeightBits: opt.Quantize.Bits, BlockSize: opt.Quantize.Block, WeightFit: fitName(opt), PerTensor: opt.Quantize.PerTensor, PerTensorDense: opt.Quantize.PerTensorDense,
		KeepFloat: opt.Quantize.KeepFloat, Recipe: string(f.recipeText), Calibrator: calibratorName(opt), Histograms: opt.Observe.Histogram, SampleRanges: opt.Observe.PerSample,
		FreshStatistics: f.noCache, Priority: f.priority,
	}
	u := uploads{client: m.client, bar: bar}
	spec.Source = u.bytes(m.source.Data)
	if f.ranges != "" {
		data, err := f.source.objects.readFile(ctx, f.ranges)
		if err != nil {
			return spec, err
		}
		ref := u.bytes(data)
		spec.Ranges, spec.RangesName = &ref, filepath.Base(f.ranges)
	}
	if name, ok := strings.CutPrefix(f.data, streamData); ok {
		spec.Stream = name
	} else if f.data != "" {
		var err error
		if spec.Dataset, err = u.dataset(ctx, m.manifest, m.files); err != nil {
			return spec, err
		}
	}
	if f.verify {
		asked, err := f.asked(opt, m.float, m.manifest)
		if err != nil {
			return spec, err
		}
		spec.Verification = u.verification(asked)
	}
	return spec, u.send(ctx)
}

// fetch returns what a job of the model made.
func (m *remoteModel) fetch(ctx context.Context, ended client.Job, f *convertFlags, opt convert.Options) (*outcome, error) {
	out, err := fetchOutcome(ctx, m.client, ended, f, opt)
	if err != nil {
		return nil, err
	}
	out.summary.Notes, out.float = slices.Clone(m.notes), m.float
	return out, nil
}

// fitName names the fit of weights for a coordinator.
func fitName(opt convert.Options) string {
	if opt.Quantize.Fit == quantize.ByLargest {
		return ""
	}
	return opt.Quantize.Fit.String()
}

// calibratorName names the calibrator for a coordinator.
func calibratorName(opt convert.Options) string {
	if opt.Auto {
		return convert.Auto
	}
	return opt.Calibrator.String()
}

// follow waits for the end of a job, which is cancelled if the user interrupts. A job that did not succeed is an error.
func follow(ctx context.Context, c *client.Client, id string, bar *progress) (client.Job, error) {
	ended, err := c.Watch(ctx, id, bar.job)
	if err != nil {
		if ctx.Err() != nil {
			err = cancelJob(ctx, c, id)
		}
		return ended, err
	}
	return ended, jobOutcome(ended)
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

// dataset adds a dataset and returns its manifest's name.
func (u *uploads) dataset(ctx context.Context, manifest *dataset.Manifest, files *store.Overlay) (*client.Ref, error) {
	text, err := manifest.Encode()
	if err != nil {
		return nil, err
	}
	ref := u.bytes(text)
	for _, b := range manifest.Refs() {
		u.add(client.Ref{Digest: b.Digest, Size: b.Size}, func() (store.Blob, error) { return files.Open(ctx, b.Digest) })
	}
	return &ref, nil
}

// verification adds the labels of a comparison and returns what a coordinator is told of it.
func (u *uploads) verification(asked convert.VerifyOptions) *client.Verification {
	v := &client.Verification{Samples: asked.Samples.Len(), Task: string(asked.Task), Output: asked.Output}
	if asked.Labels != nil {
		ref := u.bytes(asked.Labels.Encode())
		v.Labels = &ref
	}
	return v
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

// downloadJSON reads a blob of JSON.
func downloadJSON(ctx context.Context, c *client.Client, ref client.Ref, into any) error {
	data, err := download(ctx, c, ref)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

// fetched is a model that a cluster made.
type fetched []byte

func (f fetched) Size() int64 { return int64(len(f)) }

func (f fetched) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(f)
	return int64(n), err
}

// fetchOutcome fetches what a job made.
func fetchOutcome(ctx context.Context, c *client.Client, job client.Job, f *convertFlags, opt convert.Options) (*outcome, error) {
	var report *quantize.Report
	out := &outcome{}
	model, err := download(ctx, c, *job.Model)
	if err != nil {
		return nil, err
	}
	out.model, out.bytes = fetched(model), func() []byte { return model }
	if job.Report != nil {
		report = &quantize.Report{}
		if err := downloadJSON(ctx, c, *job.Report, report); err != nil {
			return nil, fmt.Errorf("report of job %s: %w", job.ID, err)
		}
	}
	out.summary = newSummary(f, opt, report)
	out.summary.Job, out.summary.StatsFrom = job.ID, job.StatsFrom
	if job.Choice != nil {
		out.summary.Choice = &convert.Choice{}
		if err := downloadJSON(ctx, c, *job.Choice, out.summary.Choice); err != nil {
			return nil, fmt.Errorf("choice of job %s: %w", job.ID, err)
		}
		out.summary.Calibrator = out.summary.Choice.Calibrator
	}
	if job.Verified != nil {
		out.summary.Verification = &verify.Result{}
		if err := downloadJSON(ctx, c, *job.Verified, out.summary.Verification); err != nil {
			return nil, fmt.Errorf("verification of job %s: %w", job.ID, err)
		}
	}
	if job.Stats != nil {
		if out.stats, err = download(ctx, c, *job.Stats); err != nil {
			return nil, err
		}
		stats, err := calib.Decode(out.stats)
		if err != nil {
			return nil, fmt.Errorf("statistics of job %s: %w", job.ID, err)
		}
		made, err := convert.Decode(convert.Source{Name: f.output, Data: model})
		if err != nil {
			return nil, err
		}
		out.summary.setStats(stats, made, opt.Signature)
	}
	return out, nil
}

// fetchResults writes what a job made to files.
func fetchResults(ctx context.Context, c *client.Client, job client.Job, model, stats, verification string) error {
	if job.Model == nil {
		return fmt.Errorf("job %s is %s: it has no result", job.ID, job.State)
	}
	for _, r := range []struct {
		file string
		ref  *client.Ref
		none string
	}{
		{model, job.Model, ""},
		{stats, job.Stats, "calibrated nothing: it has no statistics"},
		{verification, job.Verified, "verified nothing"},
	} {
		if r.file == "" {
			continue
		}
		if r.ref == nil {
			return fmt.Errorf("job %s %s", job.ID, r.none)
		}
		data, err := download(ctx, c, *r.ref)
		if err != nil {
			return err
		}
		if err := writeFile(r.file, data); err != nil {
			return err
		}
	}
	return nil
}
