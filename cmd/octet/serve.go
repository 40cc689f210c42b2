package main

import (
	"context"
	"fmt"
	"net"
	"time"

	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	"github.com/octetlite/octet/pkg/guard"
)

// stopGrace is how long calls may go on when a server stops.
const stopGrace = 5 * time.Second

// grpcServer is a gRPC server with health and reflection on a listener.
type grpcServer struct {
	*grpc.Server
	listener net.Listener
	health   *health.Server
}

// listen opens a server at HOST:PORT, behind a gate if there is one; port 0 takes a free one. Options come after its own: credentials, for example.
func listen(addr string, gate *guard.Gate, options ...grpc.ServerOption) (*grpcServer, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if gate != nil {
		l = gate.Listen(l)
	}
	g := grpc.NewServer(append([]grpc.ServerOption{
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: 20 * time.Second, Timeout: 10 * time.Second}),
	}, options...)...)
	h := health.NewServer()
	healthv1.RegisterHealthServer(g, h)
	reflection.Register(g)
	server := &grpcServer{g, l, h}
	server.serves(false, "")
	return server, nil
}

// addr returns the address that others reach the server at: what the user says, else the listener's.
func (g *grpcServer) addr(advertise string) (string, error) {
	if advertise != "" {
		return advertise, nil
	}
	host, port, err := net.SplitHostPort(g.listener.Addr().String())
	if err != nil {
		return "", err
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		return "", usagef("--listen takes all interfaces: --advertise must say how others reach this one")
	}
	return net.JoinHostPort(host, port), nil
}

// local returns the address that this machine reaches the server at.
func (g *grpcServer) local() string {
	at := *g.listener.Addr().(*net.TCPAddr)
	if at.IP.IsUnspecified() {
		at.IP = net.IPv4(127, 0, 0, 1)
	}
	return at.String()
}

// ready makes the server healthy.
func (g *grpcServer) ready() { g.serves(true, "") }

// serves says whether services can be called; "" stands for the process.
func (g *grpcServer) serves(now bool, services ...string) {
	state := healthv1.HealthCheckResponse_NOT_SERVING
	if now {
		state = healthv1.HealthCheckResponse_SERVING
	}
	for _, name := range services {
		g.health.SetServingStatus(name, state)
	}
}

// serve serves while work runs. When work ends, calls get a while to end too.
func (g *grpcServer) serve(ctx context.Context, log *zap.Logger, work func(ctx context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	served := make(chan error, 1)
	go func() {
		err := g.Serve(g.listener)
		cancel()
		served <- err
	}()
	err := work(ctx)
	g.health.Shutdown()
	stopped := make(chan struct{})
	go func() {
		g.GracefulStop()
		close(stopped)
	}()
	select {
	case <-stopped:
	case <-time.After(stopGrace):
		log.Warn("calls_cut_off")
		g.Stop()
	}
	if serveErr := <-served; err == nil && serveErr != nil {
		err = fmt.Errorf("serve: %w", serveErr)
	}
	return err
}
