package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/client"
	"github.com/octetlite/octet/pkg/convert"
)

// knockEvery is how often a coordinator that is away is tried again, and mostLost how often a job may be lost, as when etcd is begun anew.
const (
	knockEvery = 2 * time.Second
	mostLost   = 3
)

// remoteGroup converts a model in several schemes on a cluster.
type remoteGroup struct {
	batch  *batch
	client *client.Client
	jobs   *semaphore.Weighted // of all groups
	bar    *progress

	source convert.Source
	size   int64
	mu     sync.Mutex
	models map[bool]*remoteModel // by whether constants were folded
	runs   runnable
}

// convert converts all items: of those that calibrate, the first before the others, which find its statistics. Its error says that the cluster is gone.
func (g *remoteGroup) convert(ctx context.Context, all []*work) error {
	var done func()
	var err error
	if g.source, g.size, done, err = all[0].flags.source.open(ctx, all[0].Path); err != nil {
		for _, w := range all {
			g.batch.ended(w, plainOpen(w.Path, err))
		}
		return nil
	}
	defer done()
	g.models = map[bool]*remoteModel{}
	defer func() {
		for _, m := range g.models {
			m.close()
		}
	}()
	var group sync.WaitGroup
	var mu sync.Mutex
	var gone []error
	one := func(w *work, first bool) {
		if err := g.one(ctx, w, first); err != nil {
			mu.Lock()
			defer mu.Unlock()
			gone = append(gone, err)
		}
	}
	measured := make(chan struct{})
	leader := true
	for _, w := range all {
		switch {
		case !w.flags.calibrates(w.opt.Scheme):
			group.Go(func() { one(w, false) })
		case leader:
			leader = false
			group.Go(func() {
				defer close(measured)
				one(w, true)
			})
		default:
			group.Go(func() {
				<-measured
				one(w, false)
			})
		}
	}
	group.Wait()
	if len(gone) > 0 {
		return gone[0]
	}
	return nil
}

// one converts one item as soon as there is room for its job. Of those that calibrate, others than the first take what that measured even if nothing of earlier runs is to be used.
func (g *remoteGroup) one(ctx context.Context, w *work, first bool) error {
	if g.jobs.Acquire(ctx, 1) != nil {
		return nil
	}
	defer g.jobs.Release(1)
	var gone error
	g.batch.one(ctx, w, func() (*outcome, error) {
		m, err := g.model(ctx, w)
		if err != nil {
			return nil, err
		}
		note := ""
		if m.float != nil {
			note = w.notCompared(m.float, &g.runs)
		}
		r := &request{group: g, model: m, work: w, fresh: first && w.flags.noCache, attempt: -1, since: time.Now()}
		out, err := r.run(ctx)
		if isAway(err) && ctx.Err() == nil {
			gone = &goneError{err}
			return nil, gone
		}
		return noted(note)(out, err)
	}, g.source, g.size)
	return gone
}

// model returns the model with what an item needs of it.
func (g *remoteGroup) model(ctx context.Context, w *work) (*remoteModel, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	folding := w.opt.Folding()
	if m := g.models[folding]; m != nil && (w.flags.data == "" || m.manifest != nil) {
		return m, nil
	}
	m, err := openRemote(ctx, g.client, g.source, w.flags, w.opt, g.bar)
	if err != nil {
		return nil, err
	}
	if old := g.models[folding]; old != nil {
		old.close()
	}
	g.models[folding] = m
	return m, nil
}

// goneError says that the cluster stays away, which is no item's fault.
type goneError struct{ err error }

func (e *goneError) Error() string { return e.err.Error() + " (the same command goes on later)" }
func (e *goneError) Unwrap() error { return e.err }

// request is an item's way through the cluster. Its job's name follows from all that is asked for, so that whoever asks again, in this run or a later one, gets the same job.
type request struct {
	group   *remoteGroup
	model   *remoteModel
	work    *work
	fresh   bool      // measure, whatever earlier jobs did
	attempt int       // that is this run's; -1 before there is one
	since   time.Time // when the coordinator answered last
}

// run follows the job to its end, through absences of the coordinator that are not too long.
func (r *request) run(ctx context.Context) (*outcome, error) {
	for lost := 0; ; {
		out, err := r.try(ctx)
		switch {
		case err == nil || ctx.Err() != nil:
			return out, err
		case errors.Is(err, client.ErrNotFound) && lost < mostLost:
			lost++
		case !isAway(err):
			return nil, err
		}
		if time.Since(r.since) > r.group.batch.flags.patience {
			return nil, err
		}
		r.group.bar.say("waiting: " + err.Error())
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(knockEvery):
		}
	}
}

// try uploads what is missing, finds or makes the job, waits for its end, and fetches what it made.
func (r *request) try(ctx context.Context) (*outcome, error) {
	c, w := r.group.client, r.work
	spec, err := r.model.upload(ctx, w.flags, w.opt, r.group.bar)
	if err != nil {
		return nil, err
	}
	spec.FreshStatistics = r.fresh
	asked := spec
	asked.Priority = "" // a job is the same with another one
	r.since = time.Now()
	job, err := r.create(ctx, "batch-"+digestOf(asked)+r.group.batch.nonce, spec)
	if err != nil {
		return nil, err
	}
	r.group.batch.left.Add(1)
	ended, err := c.Watch(ctx, job.ID, func(j client.Job) {
		r.since = time.Now()
		r.group.bar.job(j)
	})
	if ctx.Err() == nil {
		r.group.batch.left.Add(-1)
	}
	if err != nil {
		return nil, err
	}
	if err := jobOutcome(ended); err != nil {
		return nil, err
	}
	return r.model.fetch(ctx, ended, w.flags, w.opt)
}

// create returns the job of a name, and makes it if there is none. One that ended without a result before this run is left behind, and another is made.
func (r *request) create(ctx context.Context, name string, spec client.Spec) (client.Job, error) {
	if r.attempt >= 0 {
		return r.group.client.Create(ctx, fmt.Sprintf("%s-%d", name, r.attempt), spec)
	}
	for n := 0; ; n++ {
		job, err := r.group.client.Create(ctx, fmt.Sprintf("%s-%d", name, n), spec)
		if err != nil {
			return job, err
		}
		r.attempt = n
		if job.State != client.Failed && job.State != client.Cancelled {
			return job, nil
		}
	}
}

// isAway reports whether an error says that no coordinator is there, which may change.
func isAway(err error) bool {
	if _, ok := errors.AsType[*client.UnreachableError](err); ok {
		return true
	}
	return status.Code(err) == codes.Unavailable
}
