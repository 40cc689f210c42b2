package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/pkg/dataset"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// ErrNoStream is returned for a stream that the coordinator does not know.
var ErrNoStream = errors.New("stream not found")

// StreamInfo is what a coordinator says of a stream.
type StreamInfo struct {
	ID           string          `json:"id"`
	Inputs       []dataset.Input `json:"inputs"`
	Samples      int             `json:"samples"`       // committed
	SampleSize   int64           `json:"sample_size"`   // in bytes
	ChunkSamples int             `json:"chunk_samples"` // that are calibrated on as one
	Dataset      *Ref            `json:"dataset,omitempty"`
	Created      time.Time       `json:"created"`
	Expires      time.Time       `json:"expires"` // unless something happens to it
}

// Stream returns what the coordinator says of a stream. Dataset is set once it is finished.
func (c *Client) Stream(ctx context.Context, id string) (StreamInfo, error) {
	resp, err := c.samples.GetStream(ctx, &octetv1.GetStreamRequest{StreamId: id})
	if err != nil {
		return StreamInfo{}, streamError(ctx, id, err)
	}
	return streamFromWire(resp.GetStream())
}

// Streams returns all streams, in the order of their ids.
func (c *Client) Streams(ctx context.Context) ([]StreamInfo, error) {
	var all []StreamInfo
	for token := ""; ; {
		resp, err := c.samples.ListStreams(ctx, &octetv1.ListStreamsRequest{PageToken: token})
		if err != nil {
			return nil, failed(ctx, "list streams", err)
		}
		for _, w := range resp.GetStreams() {
			s, err := streamFromWire(w)
			if err != nil {
				return nil, err
			}
			all = append(all, s)
		}
		if token = resp.GetNextPageToken(); token == "" {
			return all, nil
		}
	}
}

// DeleteStream forgets a stream. Jobs that have ended keep its samples.
func (c *Client) DeleteStream(ctx context.Context, id string) error {
	if _, err := c.samples.DeleteStream(ctx, &octetv1.DeleteStreamRequest{StreamId: id}); err != nil {
		return streamError(ctx, id, err)
	}
	return nil
}

func streamError(ctx context.Context, id string, err error) error {
	if status.Code(err) == codes.NotFound {
		return fmt.Errorf("%w: %s", ErrNoStream, id)
	}
	return failed(ctx, fmt.Sprintf("stream %q", id), err)
}
