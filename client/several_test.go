package client

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/stats"

	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// candidate is a coordinator that lists no jobs, and counts how often it is asked to.
type candidate struct {
	octetv1.UnimplementedConversionServiceServer
	addr   string
	health *health.Server
	asked  chan struct{}
}

func newCandidate(t *testing.T, leads bool) *candidate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &candidate{addr: l.Addr().String(), health: health.NewServer(), asked: make(chan struct{}, 10)}
	c.lead(leads)
	g := grpc.NewServer()
	octetv1.RegisterConversionServiceServer(g, c)
	healthv1.RegisterHealthServer(g, c.health)
	go func() { _ = g.Serve(l) }() // it ends when it is stopped
	t.Cleanup(g.Stop)
	return c
}

func (c *candidate) lead(leads bool) {
	state := healthv1.HealthCheckResponse_NOT_SERVING
	if leads {
		state = healthv1.HealthCheckResponse_SERVING
	}
	c.health.SetServingStatus("octet.v1.ConversionService", state)
}

func (c *candidate) ListJobs(context.Context, *octetv1.ListJobsRequest) (*octetv1.ListJobsResponse, error) {
	c.asked <- struct{}{}
	return &octetv1.ListJobsResponse{}, nil
}

// Of several coordinators the one that leads is asked, also when that is another one than before, and one that is to come is waited for.
func TestSeveralCoordinators(t *testing.T) {
	a, b := newCandidate(t, false), newCandidate(t, true)
	var begun beginnings
	c, err := Dial(a.addr+","+b.addr+",127.0.0.1:1", grpc.WithStatsHandler(&begun))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	list := func(want *candidate) {
		t.Helper()
		if _, err := c.List(t.Context()); err != nil {
			t.Fatal(err)
		}
		select {
		case <-want.asked:
		default:
			t.Error("a coordinator that does not lead was asked")
		}
	}
	list(b)
	b.lead(false)
	await(t, c, connectivity.TransientFailure)
	begun.next = func() { a.lead(true) }
	list(a)
	a.lead(false)
	both, err := Dial(a.addr + "," + b.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer both.Close()
	both.conn.Connect()
	await(t, both, connectivity.TransientFailure)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err = octetv1.NewConversionServiceClient(both.conn).ListJobs(ctx, &octetv1.ListJobsRequest{})
	if err == nil || !strings.HasSuffix(err.Error(), "does not answer: none of those that can be reached leads") {
		t.Errorf("nobody leads: %v", err)
	}
}

// await waits until a client's connection is in a state.
func await(t *testing.T, c *Client, want connectivity.State) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for state := c.conn.GetState(); state != want; state = c.conn.GetState() {
		if !c.conn.WaitForStateChange(ctx, state) {
			t.Fatalf("the connection is %v, want %v", state, want)
		}
	}
}

// beginnings calls next, once, when a call begins.
type beginnings struct {
	next func()
}

func (b *beginnings) TagRPC(ctx context.Context, info *stats.RPCTagInfo) context.Context {
	if b.next != nil && strings.HasSuffix(info.FullMethodName, "/ListJobs") {
		b.next()
		b.next = nil
	}
	return ctx
}

func (b *beginnings) HandleRPC(context.Context, stats.RPCStats)                         {}
func (b *beginnings) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (b *beginnings) HandleConn(context.Context, stats.ConnStats)                       {}
