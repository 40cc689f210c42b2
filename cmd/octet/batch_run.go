package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/octetlite/octet/client"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/quantize"
	"github.com/octetlite/octet/pkg/zoo"
)

// batch is a run of `octet batch`.
type batch struct {
	streams streams
	flags   *batchFlags
	bar     *progress
	shown   *tally
	work    []*work
	left    atomic.Int32 // jobs that go on without this process
	nonce   string       // in the names of jobs that must not be those of earlier runs

	mu        sync.Mutex // guards what follows
	journal   *zoo.Journal
	log       *os.File // the journal's file; nil in a dry run
	unwritten error    // why the journal could not be written
}

// roomForModels is how many bytes of models' files are read at a time, by default: a model takes several times its file. A larger one goes alone.
const roomForModels = 256 << 20

// convertAll converts what must be, several models at a time. Its error ends the run; what is wrong with single items is in their results.
func (b *batch) convertAll(ctx context.Context) error {
	groups := b.groups()
	b.shown = newTally(b, len(b.work))
	defer b.shown.close()
	defer b.copyEqual()
	var cluster *client.Client
	if b.flags.coordinator.addr != "" && len(groups) > 0 {
		c, err := b.flags.coordinator.dial(ctx)
		if err != nil {
			return err
		}
		defer c.Close()
		var turns sync.Mutex // several jobs may be turned away at a time
		note := b.bar.part("cluster")
		c.Patience = b.flags.patience
		c.Waits = func(why string, again time.Duration) {
			turns.Lock()
			defer turns.Unlock()
			note.turnedAway(why, again)
		}
		cluster = c
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	turns, room := semaphore.NewWeighted(int64(b.flags.jobs)), semaphore.NewWeighted(roomForModels)
	jobs := semaphore.NewWeighted(int64(b.flags.jobs))
	var all sync.WaitGroup
	defer all.Wait()
	for _, g := range groups {
		size := min(g[0].size(), roomForModels)
		if turns.Acquire(ctx, 1) != nil || room.Acquire(ctx, size) != nil {
			break
		}
		all.Go(func() {
			defer turns.Release(1)
			defer room.Release(size)
			bar := b.bar.part(g[0].Name)
			defer bar.close()
			if cluster == nil {
				b.convertHere(ctx, g, bar)
			} else if err := (&remoteGroup{batch: b, client: cluster, jobs: jobs, bar: bar}).convert(ctx, g); err != nil {
				stop(err)
			}
		})
	}
	all.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// size returns how many bytes a model's files have, 0 if that can't be told.
func (w *work) size() int64 {
	info, err := os.Stat(w.Path)
	switch {
	case err != nil:
		return 0
	case info.IsDir():
		return folderSize(os.DirFS(w.Path))
	}
	return info.Size()
}

// one converts one item by a function that may fail, or panic, without any harm to others, and takes down what became of it.
func (b *batch) one(ctx context.Context, w *work, convert func() (*outcome, error), source convert.Source, size int64) {
	start := time.Now()
	out, err := guarded(convert)
	if err == nil {
		err = b.keep(ctx, w, out, source, size)
	}
	w.result.Seconds = time.Since(start).Seconds()
	if err != nil && (ctx.Err() != nil || errors.As(err, new(*goneError))) {
		return // it stays pending
	}
	b.ended(w, err)
}

// guarded turns a panic into an error.
func guarded(convert func() (*outcome, error)) (out *outcome, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("internal error: %v (please report this, with the model if you can)", r)
		}
	}()
	return convert()
}

// keep writes what a conversion made, and takes down what is to be said of it.
func (b *batch) keep(ctx context.Context, w *work, out *outcome, source convert.Source, size int64) error {
	if err := b.makeFolder(w.Name); err != nil {
		return err
	}
	s := out.summary
	described, err := w.flags.report.source(w.Path, source, size)
	if err != nil {
		return err
	}
	if err := w.flags.reportConversion(described, source, w.opt, out); err != nil {
		return err
	}
	if err := out.write(ctx, &w.flags.source.objects, w.flags.output, ""); err != nil {
		return err
	}
	h := sha256.New()
	if _, err := out.model.WriteTo(h); err != nil {
		return err
	}
	r := &w.result
	r.State, r.SHA256, r.Output = zoo.Converted, hex.EncodeToString(h.Sum(nil)), outputName(w.Item)
	r.SourceBytes, r.Bytes, r.Samples, r.Calibrator, r.Job, r.Notes = size, out.model.Size(), s.Samples, s.Calibrator, s.Job, s.Notes
	if r.Samples > 0 {
		r.Statistics = s.StatsFrom
	}
	if q := s.Report; q != nil {
		r.Operators = q.Operators
		for _, g := range quantize.GroupFloat(q.Float) {
			r.Float = append(r.Float, zoo.Float{Op: g.Op, Count: g.Count, Reason: g.Reason})
		}
	}
	if v := s.Verification; v != nil {
		r.Verified = v.Samples
		for _, o := range v.Outputs {
			if o.Elements > 0 && (r.SQNR == nil || o.SQNR < *r.SQNR) {
				r.SQNR = &o.SQNR
			}
		}
		if v.Score != nil {
			r.Agreement = &v.Score.Agreement
		}
		if err := w.flags.question.check(v); err != nil {
			if !errors.As(err, new(*brokenError)) {
				return err
			}
			r.State, r.Error = zoo.Broken, err.Error()
		}
	}
	return nil
}

// outputName returns an item's file, from the folder of results, with slashes.
func outputName(item zoo.Item) string { return item.Name + "/" + item.Scheme + ".tflite" }

// ended takes down the end of an item, which failed if there is an error.
func (b *batch) ended(w *work, err error) {
	if err != nil {
		var job *client.JobError
		w.result.State, w.result.Error = zoo.Failed, strings.ReplaceAll(rpcWords.ReplaceAllString(strings.TrimSpace(err.Error()), ""), "\n", "; ")
		if convert.KindOf(err) == convert.Refused || errors.As(err, &job) && job.Kind == "refused" {
			w.result.State = zoo.Refused
		}
	}
	b.record(w.result)
	b.shown.ended(w)
}

// copyEqual gives items that equal others these others' files.
func (b *batch) copyEqual() {
	for _, w := range b.work {
		if w.first == nil || w.why == "" {
			continue
		}
		from := w.first.result
		if from.State == zoo.Pending {
			continue
		}
		r := from
		r.Name, r.Scheme, r.Source, r.Output, r.Seconds = w.Name, w.Scheme, w.Path, outputName(w.Item), 0
		if w.result = r; from.State.Made() {
			if from.State != zoo.Broken {
				w.result.State = zoo.Same
			}
			w.result.Notes = append([]string{"the same as " + w.first.String()}, from.Notes...)
			if err := b.copyFiles(w.first, w); err != nil {
				b.ended(w, err)
				continue
			}
		}
		b.record(w.result)
		b.shown.ended(w)
	}
}

// copyFiles writes the files of one item for another. A report keeps the name of the model that it was made of.
func (b *batch) copyFiles(from, to *work) error {
	if err := b.makeFolder(to.Name); err != nil {
		return err
	}
	pairs := [][2]string{{from.flags.output, to.flags.output}}
	for i, path := range from.flags.report.paths {
		pairs = append([][2]string{{path, to.flags.report.paths[i]}}, pairs...)
	}
	for _, p := range pairs {
		err := createFile(p[1], func(w io.Writer) error {
			file, err := os.Open(filepath.Clean(p[0]))
			if err != nil {
				return err
			}
			_, err = io.Copy(w, file)
			return errors.Join(err, file.Close())
		})
		if err != nil {
			return err
		}
	}
	return nil
}
