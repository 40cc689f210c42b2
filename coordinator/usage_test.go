package coordinator

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

func TestNamespacesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		c.server.config.NamespaceBytes = 1000
		vision, audio, operator := blobClients(t, c.server)
		piece := func(letter string) []byte { return []byte(strings.Repeat(letter, 400)) }
		for _, l := range []string{"a", "b", "a"} { // what is there already costs nothing
			if err := vision.write(piece(l), 0); err != nil {
				t.Fatal(err)
			}
		}
		err := vision.write(piece("c"), 0)
		wantCode(t, "too much", err, codes.ResourceExhausted)
		if !strings.Contains(err.Error(), "namespace vision has 800 bytes in the store, and 400 more would pass its limit of 1000") {
			t.Errorf("%v", err)
		}
		for _, who := range []clientOf{audio, operator} {
			if err := who.write(piece("c"), 0); err != nil {
				t.Error(err)
			}
		}
		time.Sleep(time.Minute)
		if _, _, err := c.server.collect(t.Context(), time.Second, false); err != nil {
			t.Fatal(err)
		}
		if err := vision.write(piece("c"), 0); err != nil {
			t.Errorf("after a collection: %v", err)
		}
	})
}

func TestUploadsAtATime(t *testing.T) {
	var u usages
	folder, err := store.NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var last func(int64)
	for range maxUploads {
		done, err := u.begin(t.Context(), folder, "vision", 1, 0)
		if err != nil {
			t.Fatal(err)
		}
		last = done
	}
	_, err = u.begin(t.Context(), folder, "vision", 1, 0)
	wantCode(t, "one too many", err, codes.ResourceExhausted)
	if _, err := u.begin(t.Context(), folder, "audio", 1, 0); err != nil {
		t.Error(err)
	}
	last(1)
	if _, err := u.begin(t.Context(), folder, "vision", 1, 0); err != nil {
		t.Error(err)
	}
}

func TestSlowUploads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		vision, _, _ := blobClients(t, c.server)
		data := []byte("slow")
		blob := &octetv1.Blob{Digest: string(store.Of(data)), Size: int64(len(data))}
		ctx, cancel := context.WithCancel(vision.ctx)
		defer cancel()
		begun := time.Now()
		err := vision.b.Write(&writing{ctx: ctx, reqs: []*octetv1.WriteRequest{{Blob: blob, Data: data[:1]}}, then: func() error {
			<-ctx.Done()
			return ctx.Err()
		}})
		wantCode(t, "Write", err, codes.Unavailable)
		if took := time.Since(begun); took != writeIdle {
			t.Errorf("it took %v", took)
		}
		if _, came := vision.has(data); came != 1 {
			t.Errorf("%d bytes have come", came)
		}
	})
}

type stalled struct {
	grpc.ServerStream
	ctx context.Context
}

func (s *stalled) Context() context.Context { return s.ctx }
func (s *stalled) Send(*octetv1.ReadResponse) error {
	<-s.ctx.Done()
	return s.ctx.Err()
}

func TestSlowDownloads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		vision, audio, operator := blobClients(t, c.server)
		data := []byte("slow")
		for _, who := range []clientOf{vision, audio} {
			if err := who.write(data, 0); err != nil {
				t.Fatal(err)
			}
		}
		ended := make(chan error, maxReads)
		for range maxReads {
			go func() {
				ctx, cancel := context.WithCancel(vision.ctx)
				defer cancel() // as gRPC does when the call returns
				ended <- vision.b.Read(&octetv1.ReadRequest{Digest: string(store.Of(data))}, &stalled{ctx: ctx})
			}()
		}
		synctest.Wait()
		begun := time.Now()
		for _, who := range []clientOf{audio, operator} {
			if err := who.read(data); err != nil {
				t.Error(err)
			}
		}
		ctx, cancel := context.WithTimeout(vision.ctx, readIdle/2)
		defer cancel()
		wantCode(t, "one too many", vision.b.Read(&octetv1.ReadRequest{Digest: string(store.Of(data))}, &stalled{ctx: ctx}), codes.DeadlineExceeded)
		if err := vision.read(data); err != nil {
			t.Error(err)
		}
		if took := time.Since(begun); took != readIdle {
			t.Errorf("a place was free after %v", took)
		}
		for range maxReads {
			wantCode(t, "Read", <-ended, codes.Unavailable)
		}
	})
}

func TestManifestsAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		vision, _, _ := blobClients(t, c.server)
		spec := c.spec(convModel(t, 8))
		for info, err := range c.server.folder.List(t.Context()) {
			if err := errors.Join(err, c.server.own(vision.ctx, info.Digest)); err != nil {
				t.Fatal(err)
			}
		}
		create := func(ctx context.Context) error {
			_, err := (&conversionService{server: c.server}).CreateJob(ctx, &octetv1.CreateJobRequest{RequestId: "r", Spec: spec})
			return err
		}
		if c.server.manifests(smallManifest).free != maxManifests || c.server.manifests(smallManifest+1).free != 1 {
			t.Error("places are taken")
		}
		var leave []func()
		for range maxManifests {
			l, ok := c.server.manifests(spec.GetDataset().GetSize()).take(t.Context(), "vision", Normal)
			if !ok {
				t.Fatal("no place")
			}
			leave = append(leave, l)
		}
		ctx, cancel := context.WithTimeout(vision.ctx, time.Second)
		defer cancel()
		wantCode(t, "one too many", create(ctx), codes.DeadlineExceeded)
		leave[0]()
		if err := create(vision.ctx); err != nil {
			t.Error(err)
		}
		for _, l := range leave[1:] {
			l()
		}
		if free := c.server.small.free; free != maxManifests {
			t.Errorf("%d places are free", free)
		}
	})
}

func TestPushingIsBounded(t *testing.T) {
	var u usages
	half, err := u.push("vision", maxPushing/2)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.push("vision", maxPushing/2); err != nil {
		t.Fatal(err)
	}
	_, err = u.push("vision", 1)
	wantCode(t, "one more", err, codes.ResourceExhausted)
	for _, namespace := range []string{"audio", ""} {
		if _, err := u.push(namespace, maxPushing/2); err != nil {
			t.Error(err)
		}
	}
	half()
	if _, err := u.push("vision", maxPushing/2); err != nil {
		t.Error(err)
	}
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		vision, _, _ := blobClients(t, c.server)
		service := &sampleService{server: c.server}
		inputs := []*octetv1.StreamInput{{Name: "x", Dtype: "f32", Shape: []int64{1, 200 << 20 / 4}}}
		for i := range 6 {
			id := string(rune('a' + i))
			if _, err := service.CreateStream(vision.ctx, &octetv1.CreateStreamRequest{StreamId: id, Inputs: inputs}); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() {
				ended <- service.PushSamples(&pushing{ctx: vision.ctx, reqs: []*octetv1.PushSamplesRequest{{StreamId: id}}, then: func() error {
					<-t.Context().Done()
					return io.EOF
				}})
			}()
			synctest.Wait()
			select {
			case err := <-ended:
				if wantCode(t, id, err, codes.ResourceExhausted); i != 5 {
					t.Errorf("stream %d: %v", i, err)
				}
			default:
				if i == 5 {
					t.Error("1200 MiB are taken")
				}
			}
		}
	})
}

func TestChecksAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		vision, audio, _ := blobClients(t, c.server)
		data := []byte("of eleven bytes")
		for _, who := range []clientOf{vision, audio} {
			if err := who.write(data, 0); err != nil {
				t.Fatal(err)
			}
		}
		find := func(ctx context.Context, who clientOf) (*octetv1.FindMissingResponse, error) {
			wrong := &octetv1.Blob{Digest: string(store.Of(data)), Size: 11}
			return who.b.FindMissing(ctx, &octetv1.FindMissingRequest{Blobs: []*octetv1.Blob{wrong, wrong, wrong}})
		}
		done, err := c.server.usages.check(t.Context(), "vision")
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := find(audio.ctx, audio); err != nil || len(resp.GetMissing()) > 0 {
			t.Errorf("another namespace is told %v, %v", resp, err)
		}
		ctx, cancel := context.WithTimeout(vision.ctx, time.Second)
		defer cancel()
		if _, err := find(ctx, vision); err == nil {
			t.Error("two are compared at a time")
		}
		done()
		if resp, err := find(vision.ctx, vision); err != nil || len(resp.GetMissing()) > 0 {
			t.Errorf("%v, %v", resp, err)
		}
	})
}
