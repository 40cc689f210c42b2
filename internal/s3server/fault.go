//go:build s3

package s3server

import (
	"context"
	"errors"
	"io"
	"time"
)

// number is a request's among those of a proxy.
type number struct{}

func withNumber(ctx context.Context, n int64) context.Context {
	return context.WithValue(ctx, number{}, n)
}

// cut is a body that breaks off.
type cut struct {
	io.ReadCloser
	left int64
}

var errCut = errors.New("cut off")

func (c *cut) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errCut
	}
	n, err := c.ReadCloser.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}

// slow is a body that takes its time.
type slow struct{ io.ReadCloser }

func (s *slow) Read(p []byte) (int, error) {
	time.Sleep(5 * time.Millisecond)
	return s.ReadCloser.Read(p[:min(len(p), 64<<10)])
}
