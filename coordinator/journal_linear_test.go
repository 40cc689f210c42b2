package coordinator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/pkg/registry"
)

// register is what the accepted result of a shard should be: it is written once, and by no term that is over.
type register struct {
	over int64 // the last term that is over: its writes and those of earlier ones change nothing
	kept string
}

// request is an operation on a register, as its caller sees it.
type request struct {
	op     string // "accept", "read", or "depose" for the end of a term
	term   int64
	digest string // that accept gives
}

// outcome is what came of a call: what is kept, that the term is over, or nothing that is known.
type outcome struct {
	kept             string
	deposed, unknown bool
}

// registers is the model that histories are checked by. A call whose outcome is not known ends at the end of time, so that one that changed nothing comes behind all others.
var registers = porcupine.Model{
	Init: func() any { return register{} },
	Step: func(state, input, output any) (bool, any) {
		r, c, a := state.(register), input.(request), output.(outcome)
		switch {
		case c.op == "depose":
			r.over = max(r.over, c.term)
			return true, r
		case c.op == "read":
			return a.kept == r.kept, r
		case c.term <= r.over:
			return a.deposed || a.unknown, r
		case r.kept == "":
			r.kept = c.digest
		}
		return a.unknown || !a.deposed && a.kept == r.kept, r
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v: %+v", input, output) },
}

// linear reports whether a history of one shard is that of a register.
func linear(t *testing.T, history []porcupine.Operation) bool {
	t.Helper()
	result := porcupine.CheckOperationsTimeout(registers, history, slow)
	if result == porcupine.Unknown {
		t.Fatalf("a history of %d calls could not be checked", len(history))
	}
	return result == porcupine.Ok
}

// What the checker finds wrong, and what it does not.
func TestRegisters(t *testing.T) {
	accept := func(term int64, digest string) request { return request{op: "accept", term: term, digest: digest} }
	op := func(from, to int64, c request, a outcome) porcupine.Operation {
		return porcupine.Operation{Call: from, Return: to, Input: c, Output: a}
	}
	unknown, read := outcome{unknown: true}, request{op: "read"}
	for _, tt := range []struct {
		name string
		ok   bool
		ops  []porcupine.Operation
	}{
		{"the first is kept", true, []porcupine.Operation{op(0, 1, accept(1, "a"), outcome{kept: "a"}), op(2, 3, accept(1, "b"), outcome{kept: "a"})}},
		{"the second is kept", false, []porcupine.Operation{op(0, 1, accept(1, "a"), outcome{kept: "a"}), op(2, 3, accept(1, "b"), outcome{kept: "b"})}},
		{"two at a time are told different ones", false, []porcupine.Operation{op(0, 2, accept(1, "a"), outcome{kept: "a"}), op(1, 3, accept(1, "b"), outcome{kept: "b"})}},
		{"what is kept gets lost", false, []porcupine.Operation{op(0, 1, accept(1, "a"), outcome{kept: "a"}), op(2, 3, read, outcome{})}},
		{"a cut write takes place later", true, []porcupine.Operation{op(0, math.MaxInt64, accept(1, "a"), unknown), op(1, 2, read, outcome{}), op(3, 4, read, outcome{kept: "a"})}},
		{"a cut write never takes place", true, []porcupine.Operation{op(0, math.MaxInt64, accept(1, "a"), unknown), op(3, 4, accept(1, "b"), outcome{kept: "b"})}},
		{"a cut write takes place and is undone", false, []porcupine.Operation{
			op(0, math.MaxInt64, accept(1, "a"), unknown), op(1, 2, read, outcome{kept: "a"}), op(3, 4, accept(1, "b"), outcome{kept: "b"}),
		}},
		{"a write behind the term's end", false, []porcupine.Operation{op(0, 1, request{op: "depose", term: 1}, outcome{}), op(2, 3, accept(1, "a"), outcome{kept: "a"})}},
		{"a cut write behind the term's end", false, []porcupine.Operation{
			op(0, 1, request{op: "depose", term: 1}, outcome{}), op(2, math.MaxInt64, accept(1, "a"), unknown), op(3, 4, read, outcome{kept: "a"}),
		}},
		{"refused while the term lasts", false, []porcupine.Operation{op(0, 1, accept(2, "a"), outcome{deposed: true})}},
	} {
		if got := linear(t, tt.ops); got != tt.ok {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.ok)
		}
	}
}

// fate is what befalls a call of etcd: it ends with an error, and took place or did not.
type fate struct {
	err  error
	took bool
}

// befall is an interceptor of clients: calls come to the fate that is in their context.
func befall(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	f, ok := ctx.Value(fate{}).(fate)
	if ok && !f.took {
		return f.err
	}
	err := invoke(ctx, method, req, reply, cc, opts...)
	if ok && err == nil {
		err = f.err
	}
	return err
}

// chronicle takes down calls, by shard, and the ends of terms, which are in the history of each shard.
type chronicle struct {
	start time.Time

	mu         sync.Mutex
	shards     map[int][]porcupine.Operation
	ends       []porcupine.Operation
	calls, cut int
	refused    map[int64]int // calls, by term
}

func (c *chronicle) now() int64 { return int64(time.Since(c.start)) }

func (c *chronicle) take(client int, from int64, shard int, in request, out outcome) {
	to := c.now()
	if out.unknown {
		to = math.MaxInt64
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shards[shard] = append(c.shards[shard], porcupine.Operation{ClientId: client, Call: from, Return: to, Input: in, Output: out})
	c.calls++
	if out.deposed {
		c.refused[in.term]++
	}
	if out.unknown {
		c.cut++
	}
}

// next returns a shard that few calls were about yet, since a register that is written tells little; false if a term was refused often enough to show it.
func (c *chronicle) next(r *rand.Rand, term int64) (shard int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls/20 + r.IntN(10), c.refused[term] < 80
}

// Coordinators of several terms accept different results of the same shards at a time, some of their calls are cut off, or end with an error of etcd, so that nobody knows what became
// of them, and each goes on after its term is over. Whatever they are told fits registers that are written once, and by no term that is over.
func TestAcceptIsARegister(t *testing.T) {
	const terms, writers, calls = 5, 4, 120
	client := etcd(t)
	all := &chronicle{start: time.Now(), shards: map[int][]porcupine.Operation{}, refused: map[int64]int{}}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	var group sync.WaitGroup
	defer group.Wait()
	stand := func() <-chan *Term {
		own, err := clientv3.New(clientv3.Config{
			Endpoints: client.Endpoints(), DialTimeout: time.Minute, Logger: zap.NewNop(), DialOptions: []grpc.DialOption{grpc.WithChainUnaryInterceptor(befall)},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { own.Close() })
		return elected(t, NewEtcdElection(own, "/test", time.Minute, zap.NewNop()), "c:1")
	}
	next := stand()
	for n := range terms {
		term := within(t, "term", slow, next)
		if n == 0 {
			mustCreate(t, term.Journal, record("j-a", "a"))
		}
		next = stand()
		waitForCandidates(t, client, 2)
		accepted := make(chan struct{}, calls)
		for w := range writers {
			r := rand.New(rand.NewPCG(seed, uint64(n*writers+w)))
			group.Go(func() { all.write(t, r, term, n*writers+w, accepted) })
		}
		for range calls {
			within(t, "call", slow, accepted)
		}
		all.depose(t, client, term.Number)
	}
	group.Wait()

	if all.cut == 0 || len(all.refused) != terms {
		t.Errorf("%d calls were cut, %d terms refused: that shows nothing", all.cut, len(all.refused))
	}
	for shard, history := range all.shards {
		history = append(history, all.ends...)
		if linear(t, history) {
			continue
		}
		slices.SortFunc(history, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
		var lines []string
		for _, o := range history {
			lines = append(lines, fmt.Sprintf("%d to %d, client %d: %s", o.Call, o.Return, o.ClientId, registers.DescribeOperation(o.Input, o.Output)))
		}
		t.Errorf("shard %d is no register:\n%s", shard, strings.Join(lines, "\n"))
	}
	t.Logf("%d calls, %d of them cut, refused by term: %v", all.calls, all.cut, all.refused)
}

// write accepts and reads results of shards until there is no next one.
func (c *chronicle) write(t *testing.T, r *rand.Rand, term *Term, client int, accepted chan<- struct{}) {
	for i := 0; ; i++ {
		shard, ok := c.next(r, term.Number)
		if !ok {
			return
		}
		in := request{"accept", term.Number, fmt.Sprintf("%d of %d", i, client)}
		limit := time.Minute
		if i%8 == 3 { // an answer takes some tenths of a millisecond
			limit = time.Duration(r.IntN(2000)) * time.Microsecond
		}
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		if i%8 == 5 {
			ctx = context.WithValue(ctx, fate{}, fate{[]error{
				rpctypes.ErrGRPCTimeout, rpctypes.ErrGRPCTimeoutDueToLeaderFail, rpctypes.ErrGRPCLeaderChanged, rpctypes.ErrGRPCRequestTooManyRequests,
				status.Error(codes.Unavailable, "connection refused"),
			}[r.IntN(5)], r.IntN(2) == 0})
		}
		from := c.now()
		if i%8 == 6 {
			kept, err := term.Journal.Accepted(ctx, "j-a")
			switch {
			case err == nil:
				c.take(client, from, shard, request{op: "read"}, outcome{kept: kept[shard]})
			case !registry.Passes(err): // a read that failed tells nothing
				t.Errorf("Accepted: %v", err)
			}
		} else {
			kept, err := term.Journal.Accept(ctx, "j-a", shard, in.digest)
			out := outcome{kept: kept, deposed: errors.Is(err, ErrDeposed)}
			out.unknown = err != nil && !out.deposed
			if out.unknown && ctx.Err() == nil && !registry.Passes(err) {
				t.Errorf("Accept: %v", err)
			}
			c.take(client, from, shard, in, out)
			if err == nil {
				select {
				case accepted <- struct{}{}:
				default: // enough are counted
				}
			}
		}
		cancel()
		if t.Context().Err() != nil || t.Failed() {
			return
		}
	}
}

// depose ends a term by the lease of its leader, which does not know.
func (c *chronicle) depose(t *testing.T, client *clientv3.Client, term int64) {
	t.Helper()
	resp, err := client.Get(t.Context(), "/test/leader/", clientv3.WithFirstCreate()...)
	if err != nil || len(resp.Kvs) != 1 || resp.Kvs[0].CreateRevision != term {
		t.Fatal(resp, err)
	}
	from := c.now()
	for {
		_, err := client.Revoke(t.Context(), clientv3.LeaseID(resp.Kvs[0].Lease))
		if err == nil || errors.Is(err, rpctypes.ErrLeaseNotFound) { // of a repeat
			break
		}
		if !registry.Passes(err) {
			t.Fatal(err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ends = append(c.ends, porcupine.Operation{Call: from, Return: c.now(), Input: request{op: "depose", term: term}, Output: outcome{}})
}
