package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/octetlite/octet/pkg/store"
)

// maxPause bounds the time between two tries.
const maxPause = 5 * time.Second

// final reports whether an error stays as it is however often one tries.
func final(err error) bool {
	for _, e := range []error{ErrNotFound, ErrChanged, ErrDenied, ErrNoRanges, ErrRefused} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// retry calls f until it succeeds, fails for good, or has failed too often without progress, which f reports.
func (c *Client) retry(ctx context.Context, f func() (progress bool, err error)) error {
	pause := c.config.Pause
	for try := 1; ; try++ {
		progress, err := f()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case final(err):
			return err
		}
		if progress {
			try, pause = 1, c.config.Pause
		}
		if try >= c.config.Tries {
			return fmt.Errorf("tried %d times: %w", try, err)
		}
		wait := time.NewTimer(pause/2 + rand.N(pause))
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return ctx.Err()
		}
		pause = min(2*pause, maxPause)
	}
}

// read returns n bytes of an object from an offset. A stream that breaks off or stands still is opened again where it stopped.
func (c *Client) read(ctx context.Context, from protocol, p place, o store.Object, offset, n int64) ([]byte, error) {
	data := make([]byte, n)
	have := int64(0)
	err := c.retry(ctx, func() (bool, error) {
		got, err := c.once(ctx, from, p, o, offset+have, data[have:])
		have += int64(got)
		return got > 0, err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: read %d bytes at %d: %w", o.URL, n, offset, err)
	}
	return data, nil
}

// errStalled says that nothing came for too long.
var errStalled = errors.New("nothing came for too long")

// once reads into data by one request, and returns how much of it came.
func (c *Client) once(ctx context.Context, from protocol, p place, o store.Object, offset int64, data []byte) (have int, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(c.config.Stall, func() { cancel(errStalled) })
	defer watch.Stop()
	defer func() {
		if err != nil && errors.Is(context.Cause(ctx), errStalled) {
			err = errStalled
		}
	}()
	body, err := from.get(ctx, p, o, offset, int64(len(data)))
	if err != nil {
		return 0, err
	}
	defer body.Close()
	for have < len(data) {
		n, err := body.Read(data[have:])
		have += n
		if n > 0 {
			watch.Reset(c.config.Stall)
		}
		if have < len(data) && err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return have, err
		}
	}
	return have, nil
}
