package coordinator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// What is committed outlives the coordinator; what is not is pushed again, and nothing is counted twice.
func TestCommittedSamplesStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		m := convModel(t, 40)
		p := c.stream("s", m)
		for _, n := range []int{3, 4, 33, 34, 40} { // pieces of a chunk, a chunk, pieces of the next
			p.begin()
			p.push(n*p.size, 5000)
			p.await(n)                                                                                           // it is committed though the call goes on
			if err := p.call.Send(&octetv1.PushSamplesRequest{Sample: int64(n), Data: p.data[:5]}); err != nil { // of a sample that is never whole
				t.Fatal(err)
			}
			p.end()
			c.restart()
			p.begin()
			if p.at != n*p.size {
				t.Fatalf("%d samples after a restart, want %d", p.at/p.size, n)
			}
			p.end()
		}
		s := p.finish(40)
		data, err := fetch(t.Context(), c.blobs, s.GetDataset().GetDigest())
		if err != nil {
			t.Fatal(err)
		}
		chunks := []string{string(store.Of(p.data[:32*p.size])), string(store.Of(p.data[32*p.size:]))}
		for _, d := range chunks {
			if !strings.Contains(string(data), d) {
				t.Errorf("chunk %s is not in the manifest:\n%s", d, data)
			}
		}
	})
}

func TestPushRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, func(c *cluster) { c.config.StreamBytes = 35 * 4 * 8 * 8 * 3 })
		m := convModel(t, 40)
		p := c.stream("s", m)
		send := func(sample, offset int64, data []byte) {
			if err := p.call.Send(&octetv1.PushSamplesRequest{Sample: sample, Offset: offset, Data: data}); err != nil && !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
		}
		for _, at := range [][2]int64{{1, 0}, {0, 1}, {-1, 0}, {1 << 62, 0}} {
			p.begin()
			send(at[0], at[1], p.data[:10])
			p.failed(fmt.Sprint("data at ", at), codes.Aborted)
		}
		p.begin()
		p.push(p.size, p.size)
		send(0, 0, p.data[:p.size])
		p.failed("a sample that was sent", codes.Aborted)
		p.begin()
		send(0, 0, make([]byte, chunk+1))
		p.failed("a large message", codes.InvalidArgument)
		// Data that end within a sample are a mistake; the samples in front are kept.
		p.begin()
		p.push(2*p.size+1, p.size)
		if err := p.call.CloseSend(); err != nil {
			t.Fatal(err)
		}
		p.failed("half a sample", codes.InvalidArgument)
		p.begin()
		if p.at != 2*p.size {
			t.Fatalf("%d bytes are committed, want two samples", p.at)
		}
		// Finishing with another number of samples changes nothing for those who push.
		for _, n := range []int64{0, 1, 3} {
			_, err := p.api.FinishStream(t.Context(), &octetv1.FinishStreamRequest{StreamId: "s", Samples: n})
			wantCode(t, "FinishStream too early", err, codes.FailedPrecondition)
		}
		// The later call goes on.
		old := p.call
		p.begin()
		_, err := old.Recv()
		wantCode(t, "the earlier call", err, codes.Aborted)
		p.push(35*p.size, p.size)
		p.await(35)
		send(35, 0, p.data[:1])
		p.failed("more than the limit", codes.ResourceExhausted)
		p.begin()
		p.finish(35)
		p.failed("a call while the stream is finished", codes.Aborted)
		if again := p.finish(35); again.GetDataset() == nil {
			t.Errorf("a repeat: %v", again)
		}
		call, err := p.api.PushSamples(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := call.Send(&octetv1.PushSamplesRequest{StreamId: "s"}); err != nil {
			t.Fatal(err)
		}
		_, err = call.Recv()
		wantCode(t, "a finished stream", err, codes.FailedPrecondition)
	})
}

// A client that does not read what it is told does not keep another one from the stream.
func TestClientThatDoesNotListen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		p := c.stream("s", convModel(t, 40))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		deaf := &deafCall{ctx: ctx, from: make(chan *octetv1.PushSamplesRequest)}
		ended := make(chan error, 1)
		go func() { ended <- (&sampleService{server: c.server}).PushSamples(deaf) }()
		deaf.from <- &octetv1.PushSamplesRequest{StreamId: "s"}
		for i := range 3 {
			deaf.from <- &octetv1.PushSamplesRequest{Sample: int64(i), Data: p.data[i*p.size:][:p.size]}
			time.Sleep(2 * time.Second) // it is committed
		}
		p.begin()
		wantCode(t, "the call of a client that does not listen", <-ended, codes.Aborted)
		if p.at != 3*p.size {
			t.Errorf("%d samples are committed", p.at/p.size)
		}
		p.push(len(p.data), 1<<20)
		p.close()
		p.finish(40)
	})
}

// A coordinator that leads no longer commits nothing, and the one that leads goes on from what is on record.
func TestStreamOverTerms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b *ballot
		over := make(chan struct{})
		c := newCluster(t, func(c *cluster) {
			b = newBallot(c)
			b.elected <- over
			c.election = b
		})
		c.worker("a", nil)
		m := convModel(t, 70)
		want, err := m.inProcess(t, c.spec(m))
		if err != nil {
			t.Fatal(err)
		}
		p := c.stream("s", m)
		job := c.create("r", c.streamSpec(m, "s")).GetId()
		p.begin()
		p.push(35*p.size, 1<<20)
		p.await(35)
		b.journal.deposed.Store(true)
		p.push(40*p.size, 1<<20)
		p.failed("a push to a coordinator that learns that it is deposed", codes.Unavailable)
		synctest.Wait() // its term is over, and it knows who leads
		_, err = p.api.GetStream(t.Context(), &octetv1.GetStreamRequest{StreamId: "s"})
		wantFollower(t, "GetStream", err, b.leader)
		_, err = p.api.CreateStream(t.Context(), &octetv1.CreateStreamRequest{StreamId: "t", Inputs: convInputs()})
		wantFollower(t, "CreateStream", err, b.leader)

		b.journal.deposed.Store(false)
		second := make(chan struct{})
		b.elected <- second
		time.Sleep(time.Second)
		p.begin()
		if p.at != 35*p.size {
			t.Fatalf("%d bytes are committed, want 35 samples", p.at)
		}
		p.push(64*p.size, 1<<20)
		p.await(64)
		close(second) // the term ends while the call is idle
		p.failed("a push over the end of a term", codes.Unavailable)
		b.elected <- make(chan struct{})
		time.Sleep(time.Second)
		p.begin()
		p.push(70*p.size, 1<<20)
		p.close()
		p.finish(70)
		if !bytes.Equal(c.result(c.wait(job)), want.Model.Bytes()) {
			t.Error("the model is another than in process")
		}
	})
}

// However samples arrive, in messages of whatever size, with calls that break, coordinators that stop and writes to the journal that fail: the dataset is the same.
func TestStreamsAreTheSameHoweverTheyCome(t *testing.T) {
	m := convModel(t, 100)
	digests := map[string]uint64{}
	for seed := range uint64(8) {
		synctest.Test(t, func(t *testing.T) {
			t.Logf("seed %d", seed)
			r := rand.New(rand.NewPCG(seed, 0))
			c := newCluster(t)
			p := c.stream("s", m)
			var fails atomic.Int64
			c.journal.set(func(op, _ string) error {
				if op == "stream" && fails.Add(-1) >= 0 {
					return errors.New("the journal is away")
				}
				return nil
			})
			p.begin()
			for p.at < len(p.data) {
				p.push(min(p.at+r.IntN(30*p.size), len(p.data)), 1+r.IntN(1<<16))
				switch r.IntN(6) {
				case 0:
					time.Sleep(time.Duration(r.IntN(3000)) * time.Millisecond)
				case 1:
					p.end()
					p.begin()
				case 2:
					c.restart()
					p.begin()
				case 3:
					fails.Store(r.Int64N(3))
				case 4:
					p.begin() // the earlier call is displaced
				}
			}
			p.close()
			digests[p.finish(100).GetDataset().GetDigest()] = seed
		})
	}
	if len(digests) != 1 {
		t.Errorf("datasets by seed: %v", digests)
	}
}
