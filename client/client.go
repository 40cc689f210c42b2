// Package client is the Go client of Octet's API: it uploads models and datasets, runs conversions, and fetches their results.
//
// A training loop pushes its samples to a Stream, which a job may calibrate on while they come.
//
// Transfers, streams and watches go on where they were cut off, when the coordinator is away for a while. An error of a call whose context ended is the context's too.
package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// Client talks to a coordinator. It is safe for concurrent use.
type Client struct {
	Blobs *Blobs
	// Waits, if not nil, is called when a job can't be created for the present, since there is no room for it or nobody leads: why, and when it is tried again.
	Waits func(why string, again time.Duration)
	// Patience bounds how long Create and OpenStream wait for somebody to lead; 0 for as long as their contexts let them.
	Patience   time.Duration
	jobs       octetv1.ConversionServiceClient
	operations octetv1.OperationsServiceClient
	samples    octetv1.SampleServiceClient
	conn       *grpc.ClientConn
	answered   *atomic.Bool // somebody has, at this address
}

// ErrNotFound is returned for a job that the coordinator does not know.
var ErrNotFound = errors.New("job not found")

// keepAlive is how often a connection is probed while calls wait, so that a coordinator that vanished without a word is noticed.
const keepAlive = 10 * time.Second

// Dial returns a client of the coordinator at HOST:PORT, or of the one that leads at HOST:PORT,.... It connects when it is first used. Options come after its own: transport
// credentials, for example.
func Dial(addr string, options ...grpc.DialOption) (*Client, error) {
	addrs, err := split(addr)
	if err != nil {
		return nil, err
	}
	to, all := target(addrs)
	answered := &atomic.Bool{}
	all = append(all, answering(addr, answered)...)
	all = append(all,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: keepAlive, Timeout: keepAlive / 2}),
	)
	conn, err := grpc.NewClient(to, append(all, options...)...)
	if err != nil {
		return nil, fmt.Errorf("coordinator %s: %w", addr, err)
	}
	return &Client{Blobs: NewBlobs(conn), jobs: octetv1.NewConversionServiceClient(conn), operations: octetv1.NewOperationsServiceClient(conn), samples: octetv1.NewSampleServiceClient(conn), conn: conn, answered: answered}, nil
}

// Close ends the connection.
func (c *Client) Close() error { return c.conn.Close() }

// Create starts a conversion, or returns the one that was started under the same request id. An answer that is lost is asked for again. A coordinator that takes no more
// jobs for the present, and says when to come back, is asked again then, and one that is away, starts or hands over to another is asked again with growing pauses, until the
// context ends. Of an address at which nobody has answered yet it gives up after ten seconds.
func (c *Client) Create(ctx context.Context, requestID string, spec Spec) (Job, error) {
	req, err := requestToWire(requestID, spec)
	if err != nil {
		return Job{}, fmt.Errorf("create job: %w", err)
	}
	tries := newTries(contactPatience)
	for {
		resp, err := c.jobs.CreateJob(ctx, req)
		c.follow(tries, err)
		again, full := retryAfter(err)
		switch {
		case err == nil:
			return c.understood(ctx, req.GetSpec(), resp.GetJob())
		case full:
			c.waits(err, again)
			if !pause(ctx, again) {
				return Job{}, failed(ctx, "create job", err)
			}
			tries.progress()
			continue
		case tries.n == quietTries && transient(err):
			c.waits(err, maxPause)
		}
		if !tries.again(ctx, err) {
			return Job{}, failed(ctx, "create job", err)
		}
	}
}

// follow has a call that failed since nobody serves be repeated for as long as the client's patience lasts, if there ever was somebody.
func (c *Client) follow(t *tries, err error) {
	switch follows := cmp.Or(c.Patience, endless); {
	case c.answered.Load() && away(err):
		t.patience = follows
	case t.patience == follows: // somebody is there again, and has another reason
		t.patience = contactPatience
		t.progress()
	}
}

// waits tells why a job is not created yet.
func (c *Client) waits(err error, again time.Duration) {
	if c.Waits == nil {
		return
	}
	why := status.Convert(err).Message()
	if u, ok := errors.AsType[*UnreachableError](err); ok {
		why = u.Error()
	}
	c.Waits(why, again)
}

// understood checks that a job is what was asked for. A coordinator of an earlier version leaves out what it does not know; its job is cancelled, since it would make something else.
func (c *Client) understood(ctx context.Context, asked *octetv1.JobSpec, j *octetv1.Job) (Job, error) {
	job := jobFromWire(j)
	lost := dropped(asked, j.GetSpec())
	if lost == "" {
		return job, nil
	}
	err := fmt.Errorf("create job: the coordinator takes no notice of %q: it is of an earlier version than this client, and must be updated", lost)
	if !job.State.Final() {
		if _, cancelErr := c.Cancel(ctx, job.ID); cancelErr != nil {
			err = errors.Join(err, cancelErr)
		}
	}
	return Job{}, err
}

// Get returns a job.
func (c *Client) Get(ctx context.Context, id string) (Job, error) {
	resp, err := c.jobs.GetJob(ctx, &octetv1.GetJobRequest{Id: id})
	if err != nil {
		return Job{}, jobError(ctx, id, err)
	}
	return jobFromWire(resp.GetJob()), nil
}

// List returns all jobs, the newest first.
func (c *Client) List(ctx context.Context) ([]Job, error) {
	var all []Job
	for token := ""; ; {
		resp, err := c.jobs.ListJobs(ctx, &octetv1.ListJobsRequest{PageToken: token})
		if err != nil {
			return nil, failed(ctx, "list jobs", err)
		}
		for _, j := range resp.GetJobs() {
			all = append(all, jobFromWire(j))
		}
		if token = resp.GetNextPageToken(); token == "" {
			return all, nil
		}
	}
}

// Watch calls f, if it is not nil, with each state of a job until a final one, which it returns. A coordinator that has answered may be away for a minute.
func (c *Client) Watch(ctx context.Context, id string, f func(Job)) (Job, error) {
	tries := newTries(contactPatience)
	for {
		whole := false
		last, err := c.watch(ctx, id, func(j Job) {
			whole = true
			if f != nil {
				f(j)
			}
		})
		if err == nil {
			return last, nil
		}
		if whole { // until now: a job may have no news for hours
			tries.answered()
			tries.progress()
		}
		if !tries.again(ctx, err) {
			return Job{}, jobError(ctx, id, err)
		}
	}
}

func (c *Client) watch(ctx context.Context, id string, f func(Job)) (Job, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := c.jobs.WatchJob(ctx, &octetv1.WatchJobRequest{Id: id})
	if err != nil {
		return Job{}, err
	}
	for {
		resp, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return Job{}, status.Error(codes.Unavailable, "the stream ended before the job did")
		case err != nil:
			return Job{}, err
		}
		j := jobFromWire(resp.GetJob())
		f(j)
		if j.State.Final() {
			return j, nil
		}
	}
}

// Cancel ends a job that runs.
func (c *Client) Cancel(ctx context.Context, id string) (Job, error) {
	resp, err := c.jobs.CancelJob(ctx, &octetv1.CancelJobRequest{Id: id})
	if err != nil {
		return Job{}, jobError(ctx, id, err)
	}
	return jobFromWire(resp.GetJob()), nil
}

// Delete removes a job that has ended.
func (c *Client) Delete(ctx context.Context, id string) error {
	if _, err := c.jobs.DeleteJob(ctx, &octetv1.DeleteJobRequest{Id: id}); err != nil {
		return jobError(ctx, id, err)
	}
	return nil
}

func jobError(ctx context.Context, id string, err error) error {
	if status.Code(err) == codes.NotFound {
		return fmt.Errorf("%w: %s", ErrNotFound, id)
	}
	return failed(ctx, "job "+id, err)
}

// failed says what a call was about.
func failed(ctx context.Context, what string, err error) error {
	if ended := ctx.Err(); ended != nil {
		err = &endedError{ended, err}
	}
	return fmt.Errorf("%s: %w", what, err)
}

// endedError is the error of a call whose context ended: that is what went wrong, whatever gRPC says.
type endedError struct{ ended, err error }

func (e *endedError) Error() string   { return e.ended.Error() }
func (e *endedError) Unwrap() []error { return []error{e.ended, e.err} }
