package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// content returns so many bytes that don't repeat soon.
func content(n int) []byte {
	data := make([]byte, n)
	x := uint32(n + 1)
	for i := range data {
		x = x*1664525 + 1013904223
		data[i] = byte(x >> 24)
	}
	return data
}

func refOf(data []byte) Ref { return Ref{store.Of(data), int64(len(data))} }

// sizes are those around the borders of messages.
var sizes = []int{0, 1, chunk - 1, chunk, chunk + 1, 3*chunk + 5}

// counted adds up what an upload reports.
type counted struct {
	t    *testing.T
	n    int64
	size int64
}

func (c *counted) add(n int64) {
	if c.n += n; n <= 0 || c.n > c.size {
		c.t.Errorf("progress by %d to %d of %d bytes", n, c.n, c.size)
	}
}

func TestUpload(t *testing.T) {
	for _, cut := range []int{0, 700_000} {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("size=%d,cut=%d", size, cut), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := newFake(t)
					c := f.dial()
					f.cut = cut
					data := content(size)
					p := &counted{t: t, size: int64(size)}
					for range 2 { // the second finds it there
						if err := c.Blobs.Upload(t.Context(), refOf(data), bytes.NewReader(data), p.add); err != nil {
							t.Fatal(err)
						}
						if p.n != p.size {
							t.Errorf("progress ended at %d of %d bytes", p.n, p.size)
						}
						p = &counted{t: t, size: int64(size)}
					}
					if got, ok := f.blobs[string(store.Of(data))]; !ok || !bytes.Equal(got, data) {
						t.Error("the store holds other bytes")
					}
					if f.received != size {
						t.Errorf("%d bytes were sent", f.received)
					}
				})
			})
		}
	}
}

// What the store forgot is sent again, and not counted twice.
func TestUploadToAForgetfulStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		c := f.dial()
		data := content(2 * chunk)
		f.cut = chunk + chunk/2
		n := 0
		f.down = func() error {
			f.mu.Lock()
			defer f.mu.Unlock()
			if n++; n == 3 { // the first upload was cut
				clear(f.partial)
				f.cut = 0
			}
			return nil
		}
		p := &counted{t: t, size: 2 * chunk}
		if err := c.Blobs.Upload(t.Context(), refOf(data), bytes.NewReader(data), p.add); err != nil || p.n != p.size {
			t.Errorf("%d bytes, %v", p.n, err)
		}
	})
}

// A store that has answered is waited for; one that never did, not so long.
func TestTransfersWaitForAStoreThatIsAway(t *testing.T) {
	for name, tt := range map[string]struct {
		calls int // that are answered before it is away
		away  time.Duration
		code  codes.Code
		want  codes.Code
		most  time.Duration
	}{
		"at first":             {0, 5 * time.Second, codes.Unavailable, codes.OK, contactPatience},
		"a while":              {2, 40 * time.Second, codes.Unavailable, codes.OK, patience},
		"busy a while":         {2, 40 * time.Second, codes.Aborted, codes.OK, patience},
		"from first to last":   {0, time.Hour, codes.Unavailable, codes.Unavailable, contactPatience},
		"for good":             {2, time.Hour, codes.Unavailable, codes.Unavailable, patience},
		"another error":        {0, time.Hour, codes.InvalidArgument, codes.InvalidArgument, time.Second},
		"another error, later": {2, time.Hour, codes.Internal, codes.Internal, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t)
				c := f.dial()
				data := content(10)
				f.cut = 5
				var start time.Time
				n := 0
				away := func() error {
					f.mu.Lock()
					defer f.mu.Unlock()
					n++
					if n == tt.calls+1 {
						start = time.Now()
					}
					if n > tt.calls && time.Since(start) < tt.away {
						return status.Error(tt.code, "away")
					}
					return nil
				}
				f.down = away
				err := c.Blobs.Upload(t.Context(), refOf(data), bytes.NewReader(data), nil)
				if status.Code(err) != tt.want {
					t.Errorf("Upload: %v, want %v", err, tt.want)
				}
				if took := time.Since(start); took > tt.most {
					t.Errorf("Upload took %v", took)
				}
				f.mu.Lock()
				f.blobs[string(store.Of(data))] = data
				n = tt.calls - min(tt.calls, 1) // Fetch makes one call where Upload makes two
				f.mu.Unlock()
				if _, err = fetchAll(t.Context(), c, store.Of(data)); status.Code(err) != tt.want {
					t.Errorf("Fetch: %v, want %v", err, tt.want)
				}
				if took := time.Since(start); took > tt.most {
					t.Errorf("Fetch took %v", took)
				}
			})
		})
	}
}

// Damaged bytes from an earlier upload are sent once more from the start; damaged bytes of one's own are not.
func TestDamagedUploads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		c := f.dial()
		data := content(100)
		f.partial[string(store.Of(data))] = []byte("what is left of a crash")
		if err := c.Blobs.Upload(t.Context(), refOf(data), bytes.NewReader(data), nil); err != nil {
			t.Error(err)
		}
		other := refOf([]byte("other"))
		err := c.Blobs.Upload(t.Context(), other, bytes.NewReader([]byte("wrong")), nil)
		if status.Code(err) != codes.DataLoss {
			t.Errorf("wrong bytes: %v", err)
		}
		if f.received != 100-23+100+5 {
			t.Errorf("%d bytes were sent", f.received)
		}
	})
}

func TestUploadOfAFileThatShrank(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		c := f.dial()
		data := content(10)
		err := c.Blobs.Upload(t.Context(), refOf(data), bytes.NewReader(data[:5]), nil)
		if !errors.Is(err, io.EOF) {
			t.Errorf("Upload: %v", err)
		}
	})
}

func TestCallsEndWithTheirContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		c := f.dial()
		f.down = func() error { return status.Error(codes.Unavailable, "away") }
		data := content(10)
		for name, call := range map[string]func(ctx context.Context) error{
			"Upload": func(ctx context.Context) error { return c.Blobs.Upload(ctx, refOf(data), bytes.NewReader(data), nil) },
			"Fetch":  func(ctx context.Context) error { _, _, err := c.Blobs.Fetch(ctx, store.Of(data)); return err },
			"Watch":  func(ctx context.Context) error { _, err := c.Watch(ctx, "j", nil); return err },
			"Create": func(ctx context.Context) error { _, err := c.Create(ctx, "r", Spec{}); return err },
		} {
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			start := time.Now()
			if err := call(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v", name, err)
			}
			if took := time.Since(start); took > time.Second {
				t.Errorf("%s took %v", name, took)
			}
			cancel()
		}
	})
}

func fetchAll(ctx context.Context, c *Client, d store.Digest) ([]byte, error) {
	r, size, err := c.Blobs.Fetch(ctx, d)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err == nil && int64(len(data)) != size {
		err = fmt.Errorf("%d bytes, %d were announced", len(data), size)
	}
	return data, err
}

func TestFetch(t *testing.T) {
	for _, cut := range []int{0, 700_000} {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("size=%d,cut=%d", size, cut), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := newFake(t)
					c := f.dial()
					f.cut = cut
					data := content(size)
					f.blobs[string(store.Of(data))] = data
					got, err := fetchAll(t.Context(), c, store.Of(data))
					if err != nil || !bytes.Equal(got, data) {
						t.Errorf("%d bytes, %v", len(got), err)
					}
					if f.sent != size {
						t.Errorf("%d bytes were sent", f.sent)
					}
				})
			})
		}
	}
}

func TestFetchChecksWhatArrives(t *testing.T) {
	for name, lie := range map[string]func(resp *octetv1.ReadResponse, at int){
		"a bit": func(resp *octetv1.ReadResponse, _ int) {
			resp.Data = append([]byte{resp.GetData()[0] ^ 1}, resp.GetData()[1:]...)
		},
		"too many bytes": func(resp *octetv1.ReadResponse, _ int) { resp.Data = append(bytes.Clone(resp.GetData()), 0) },
		"a small size":   func(resp *octetv1.ReadResponse, _ int) { resp.Size -= 3 },
		"a negative one": func(resp *octetv1.ReadResponse, _ int) { resp.Size = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t)
				c := f.dial()
				data := content(100)
				f.blobs[string(store.Of(data))] = data
				f.lie = lie
				if _, err := fetchAll(t.Context(), c, store.Of(data)); !errors.Is(err, store.ErrCorrupt) {
					t.Errorf("%v", err)
				}
			})
		})
	}
}

// A store that announces more than it has is waited for in vain, but not for ever.
func TestFetchOfABlobThatDoesNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		c := f.dial()
		data := content(100)
		f.blobs[string(store.Of(data))] = data
		f.lie = func(resp *octetv1.ReadResponse, at int) {
			if resp.Size = 101; at > 0 {
				resp.Data = nil
			}
		}
		start := time.Now()
		_, err := fetchAll(t.Context(), c, store.Of(data))
		if took := time.Since(start); status.Code(err) != codes.Unavailable || took > patience {
			t.Errorf("%v after %v", err, took)
		}
	})
}

func TestFetchOfWhatIsNotThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFake(t).dial()
		if _, err := fetchAll(t.Context(), c, store.Of(nil)); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%v", err)
		}
	})
}

// A reader that is closed in the middle leaves nothing running, which the bubble checks.
func TestFetchIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		c := f.dial()
		data := content(20 * chunk)
		f.blobs[string(store.Of(data))] = data
		r, _, err := c.Blobs.Fetch(t.Context(), store.Of(data))
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		if _, err := io.Copy(io.Discard, r); !errors.Is(err, context.Canceled) {
			t.Errorf("read after Close: %v", err)
		}
	})
}

func TestMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		c := f.dial()
		refs := make([]Ref, 2*findAtATime+5)
		for i := range refs {
			refs[i] = refOf(fmt.Append(nil, i))
			if i%2 == 0 {
				f.blobs[string(refs[i].Digest)] = nil
			}
		}
		missing, err := c.Blobs.Missing(t.Context(), refs)
		if err != nil || len(missing) != len(refs)/2 {
			t.Fatalf("%d missing, %v", len(missing), err)
		}
		for i, r := range missing {
			if r != refs[2*i+1] {
				t.Fatalf("missing %d is %v, want %v", i, r, refs[2*i+1])
			}
		}
		if len(f.finds) != 3 || len(f.finds[2]) != 5 {
			t.Errorf("%d requests", len(f.finds))
		}
	})
}
