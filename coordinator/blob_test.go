package coordinator

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc/codes"

	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

func blobOf(data []byte) *octetv1.Blob {
	return &octetv1.Blob{Digest: string(store.Of(data)), Size: int64(len(data))}
}

// write sends messages of an upload and returns what the server says of it.
func (c *cluster) write(msgs ...*octetv1.WriteRequest) (*octetv1.WriteResponse, error) {
	c.t.Helper()
	ctx, cancel := context.WithCancel(c.t.Context())
	defer cancel()
	stream, err := c.blobs.Write(ctx)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, m := range msgs {
		if err := stream.Send(m); err != nil && !errors.Is(err, io.EOF) {
			c.t.Fatal(err)
		}
	}
	return stream.CloseAndRecv()
}

func (c *cluster) query(b *octetv1.Blob) *octetv1.QueryWriteResponse {
	c.t.Helper()
	q, err := c.blobs.QueryWrite(c.t.Context(), &octetv1.QueryWriteRequest{Blob: b})
	if err != nil {
		c.t.Fatal(err)
	}
	return q
}

func TestUploadGoesOnWhereItWasCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		data := bytes.Repeat([]byte("0123456789"), 1000)
		b := c.cut(data, 4000)
		if q := c.query(b); q.GetCommittedSize() != 4000 || q.GetComplete() {
			t.Errorf("after the cut: %v", q)
		}
		c.restart()
		for name, m := range map[string]*octetv1.WriteRequest{
			"behind what arrived": {Blob: b, Offset: 5000, Data: data[5000:]}, "within it": {Blob: b, Offset: 100, Data: data[100:]},
			"before the start": {Blob: b, Offset: -1, Data: data},
		} {
			_, err := c.write(m)
			wantCode(t, name, err, codes.Aborted)
			if q := c.query(b); q.GetCommittedSize() != 4000 {
				t.Errorf("%s: %v has arrived", name, q)
			}
		}
		_, err := c.write(&octetv1.WriteRequest{Blob: b, Offset: 4000, Data: data[4000:7000]})
		wantCode(t, "an end too early", err, codes.InvalidArgument)
		if q := c.query(b); q.GetCommittedSize() != 7000 {
			t.Errorf("after an end too early: %v", q)
		}
		_, err = c.write(&octetv1.WriteRequest{Blob: b, Offset: 7000, Data: data[7000:9000]}, &octetv1.WriteRequest{Offset: 8500, Data: data[8500:]})
		wantCode(t, "a gap between messages", err, codes.Aborted)
		resp, err := c.write(&octetv1.WriteRequest{Blob: b, Offset: 9000, Data: data[9000:]})
		if err != nil || resp.GetCommittedSize() != 10000 {
			t.Fatal(resp, err)
		}
		if q := c.query(b); q.GetCommittedSize() != 10000 || !q.GetComplete() {
			t.Errorf("in the end: %v", q)
		}
		if got, err := fetch(t.Context(), c.blobs, b.GetDigest()); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		if resp, err := c.write(&octetv1.WriteRequest{Blob: b}); err != nil || resp.GetCommittedSize() != 10000 {
			t.Errorf("an upload of what is there: %v, %v", resp, err)
		}
	})
}

func TestUploadFromTheStartForgetsWhatArrived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		data := []byte("the right bytes")
		b := blobOf(data)
		_, err := c.write(&octetv1.WriteRequest{Blob: b, Data: []byte("the wrong ")})
		wantCode(t, "an end too early", err, codes.InvalidArgument)
		if _, err := c.write(&octetv1.WriteRequest{Blob: b, Data: data}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestCorruptUploadLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		b := blobOf([]byte("right"))
		_, err := c.write(&octetv1.WriteRequest{Blob: b, Data: []byte("wrong")})
		wantCode(t, "wrong bytes", err, codes.DataLoss)
		if q := c.query(b); q.GetCommittedSize() != 0 || q.GetComplete() {
			t.Errorf("left: %v", q)
		}
		_, err = fetch(t.Context(), c.blobs, b.GetDigest())
		wantCode(t, "Read", err, codes.NotFound)
		c.upload([]byte("right"))
	})
}

// One writes at a time; another is told so, and may go on when the first is cut off.
func TestTwoUploadsOfOneBlob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		data := []byte("twice")
		ctx, cancel := context.WithCancel(t.Context())
		first, err := c.blobs.Write(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := first.Send(&octetv1.WriteRequest{Blob: blobOf(data), Data: data[:2]}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		_, err = c.write(&octetv1.WriteRequest{Blob: blobOf(data), Offset: 2, Data: data[2:]})
		wantCode(t, "the second", err, codes.Aborted)
		cancel()
		synctest.Wait()
		if _, err := c.write(&octetv1.WriteRequest{Blob: blobOf(data), Offset: 2, Data: data[2:]}); err != nil {
			t.Error(err)
		}
	})
}

func TestHostileUploads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		data := []byte("data")
		good := blobOf(data)
		for name, tt := range map[string]struct {
			code codes.Code
			msgs []*octetv1.WriteRequest
		}{
			"no blob":         {codes.InvalidArgument, []*octetv1.WriteRequest{{Data: data}}},
			"path":            {codes.InvalidArgument, []*octetv1.WriteRequest{{Blob: &octetv1.Blob{Digest: "../../../../../../etc/x", Size: 4}, Data: data}}},
			"negative size":   {codes.InvalidArgument, []*octetv1.WriteRequest{{Blob: &octetv1.Blob{Digest: good.GetDigest(), Size: -4}, Data: data}}},
			"huge size":       {codes.InvalidArgument, []*octetv1.WriteRequest{{Blob: &octetv1.Blob{Digest: good.GetDigest(), Size: 1 << 60}, Data: data}}},
			"too many bytes":  {codes.InvalidArgument, []*octetv1.WriteRequest{{Blob: good, Data: data}, {Offset: 4, Data: data}}},
			"size too small":  {codes.InvalidArgument, []*octetv1.WriteRequest{{Blob: &octetv1.Blob{Digest: good.GetDigest(), Size: 3}, Data: data}}},
			"big message":     {codes.InvalidArgument, []*octetv1.WriteRequest{{Blob: blobOf(make([]byte, 3<<20)), Data: make([]byte, chunk+1)}}},
			"nothing at all":  {codes.InvalidArgument, nil},
			"no data, no end": {codes.InvalidArgument, []*octetv1.WriteRequest{{Blob: good}}},
		} {
			_, err := c.write(tt.msgs...)
			wantCode(t, name, err, tt.code)
		}
		if left := c.stored(); len(left) > 0 {
			t.Errorf("stored: %v", left)
		}
		c.upload(data)
		c.upload(nil)
	})
}

func TestRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		data := bytes.Repeat([]byte("0123456789abcdef"), 200_000) // more than three messages
		b, none := c.upload(data), c.upload(nil)
		read := func(req *octetv1.ReadRequest) (got []byte, msgs int, err error) {
			stream, err := c.blobs.Read(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			for {
				resp, err := stream.Recv()
				if errors.Is(err, io.EOF) {
					return got, msgs, nil
				}
				if err != nil {
					return got, msgs, err
				}
				if len(resp.GetData()) > chunk {
					t.Errorf("a message of %d bytes", len(resp.GetData()))
				}
				if want := map[bool]int64{true: b.GetSize()}[msgs == 0 && req.GetDigest() == b.GetDigest()]; resp.GetSize() != want {
					t.Errorf("message %d says that the size is %d, want %d", msgs, resp.GetSize(), want)
				}
				got, msgs = append(got, resp.GetData()...), msgs+1
			}
		}
		n := int64(len(data))
		for _, tt := range []struct{ offset, limit, first, last int64 }{
			{0, 0, 0, n}, {5, 0, 5, n}, {0, 7, 0, 7}, {n - 3, 0, n - 3, n}, {n - 3, 100, n - 3, n}, {n, 0, n, n}, {chunk - 1, chunk + 2, chunk - 1, 2*chunk + 1},
			{1, 1<<63 - 1, 1, n},
		} {
			got, msgs, err := read(&octetv1.ReadRequest{Digest: b.GetDigest(), Offset: tt.offset, Limit: tt.limit})
			if err != nil || msgs < 1 || !bytes.Equal(got, data[tt.first:tt.last]) {
				t.Errorf("offset %d, limit %d: %d bytes in %d messages, %v", tt.offset, tt.limit, len(got), msgs, err)
			}
		}
		if got, msgs, err := read(&octetv1.ReadRequest{Digest: none.GetDigest()}); err != nil || msgs != 1 || len(got) > 0 {
			t.Errorf("an empty blob: %d bytes in %d messages, %v", len(got), msgs, err)
		}
		for name, tt := range map[string]struct {
			req  *octetv1.ReadRequest
			code codes.Code
		}{
			"behind the end":  {&octetv1.ReadRequest{Digest: b.GetDigest(), Offset: n + 1}, codes.OutOfRange},
			"negative offset": {&octetv1.ReadRequest{Digest: b.GetDigest(), Offset: -1}, codes.OutOfRange},
			"negative limit":  {&octetv1.ReadRequest{Digest: b.GetDigest(), Limit: -1}, codes.OutOfRange},
			"not there":       {&octetv1.ReadRequest{Digest: string(store.Of([]byte("x")))}, codes.NotFound},
			"path":            {&octetv1.ReadRequest{Digest: "../../../../../../etc/passwd"}, codes.InvalidArgument},
			"no digest":       {&octetv1.ReadRequest{}, codes.InvalidArgument},
		} {
			_, _, err := read(tt.req)
			wantCode(t, name, err, tt.code)
		}
	})
}

func TestFindMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		here := c.upload([]byte("here"))
		x, y := blobOf([]byte("x")), blobOf([]byte("y"))
		resp, err := c.blobs.FindMissing(t.Context(), &octetv1.FindMissingRequest{Blobs: []*octetv1.Blob{y, here, x, c.cut([]byte("half"), 2)}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, b := range resp.GetMissing() {
			got = append(got, b.GetDigest())
		}
		if want := []string{y.GetDigest(), x.GetDigest(), blobOf([]byte("half")).GetDigest()}; strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("missing: %v, want %v", got, want)
		}
		many := make([]*octetv1.Blob, maxFind)
		for i := range many {
			many[i] = here
		}
		if resp, err := c.blobs.FindMissing(t.Context(), &octetv1.FindMissingRequest{Blobs: many}); err != nil || len(resp.GetMissing()) > 0 {
			t.Errorf("%d blobs: %v", len(many), err)
		}
		_, err = c.blobs.FindMissing(t.Context(), &octetv1.FindMissingRequest{Blobs: append(many, here)})
		wantCode(t, "too many blobs", err, codes.InvalidArgument)
		_, err = c.blobs.FindMissing(t.Context(), &octetv1.FindMissingRequest{Blobs: []*octetv1.Blob{nil}})
		wantCode(t, "a blob without a digest", err, codes.InvalidArgument)
		_, err = c.blobs.QueryWrite(t.Context(), &octetv1.QueryWriteRequest{})
		wantCode(t, "QueryWrite of nothing", err, codes.InvalidArgument)
	})
}
