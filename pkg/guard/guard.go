// Package guard stands in front of the cluster's servers and behind their dialling: it asks who calls and whether they may, bounds what comes in, keeps a bug in one call
// from ending the process, and refuses addresses that nobody has any business with.
package guard

import (
	"context"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/pkg/credential"
)

// Guard watches over the calls of a server.
type Guard struct {
	// Tokens are those that are known; nil if nobody is asked who they are, and all are operators.
	Tokens *credential.Tokens
	// Audience, if not nil, returns the HOST:PORT that others reach the server at, which what coordinators send must be for.
	Audience func() string
	// Refused, if not nil, is told of calls that are refused: the method, and where they came from.
	Refused func(method, from string, err error)
	// Panicked, if not nil, is told of panics in calls.
	Panicked func(method string, value any, stack []byte)

	mu    sync.Mutex
	calls map[string]int // that are under way, by namespace
}

// Bounds of what a connection may take up.
const (
	maxMessage = 4 << 20 // bytes, decompressed; blobs come in pieces of 1 MiB
	maxHeaders = 32 << 10
	maxStreams = 1000             // at a time on one connection
	handshake  = 20 * time.Second // for TLS and HTTP/2's preface
	maxCalls   = 2000             // at a time of one namespace, on all its connections
)

// Options are those of the server.
func (g *Guard) Options() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(g.unary), grpc.ChainStreamInterceptor(g.stream),
		grpc.MaxRecvMsgSize(maxMessage), grpc.MaxHeaderListSize(maxHeaders), grpc.MaxConcurrentStreams(maxStreams), grpc.ConnectionTimeout(handshake),
	}
}

func (g *Guard) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (resp any, err error) {
	defer g.recovered(info.FullMethod, &err)
	ctx, done, err := g.admit(ctx, info.FullMethod)
	if err != nil {
		return nil, err
	}
	defer done()
	return handle(ctx, req)
}

func (g *Guard) stream(srv any, s grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) (err error) {
	defer g.recovered(info.FullMethod, &err)
	ctx, done, err := g.admit(s.Context(), info.FullMethod)
	if err != nil {
		return err
	}
	defer done()
	return handle(srv, &admitted{s, ctx})
}

// admitted is a stream that knows who called.
type admitted struct {
	grpc.ServerStream
	ctx context.Context
}

func (a *admitted) Context() context.Context { return a.ctx }

// recovered turns a panic of a call into its error. What it says stays here.
func (g *Guard) recovered(method string, err *error) {
	if p := recover(); p != nil {
		if g.Panicked != nil {
			g.Panicked(method, p, debug.Stack())
		}
		*err = status.Error(codes.Internal, "a bug: the server's log has the panic")
	}
}

// admit returns the context of a call that may be made: it says who calls. done must be called when the call is over.
func (g *Guard) admit(ctx context.Context, method string) (_ context.Context, done func(), err error) {
	caller, err := g.authorize(ctx, method)
	p, ok := peer.FromContext(ctx)
	if err == nil && ok && !vouch(p.Addr, standingOf(caller), caller.Namespace) {
		err = status.Error(codes.ResourceExhausted, "there are too many connections of this address or namespace, or of clients in all: close some, or make many calls on one")
	}
	if err == nil {
		done, err = g.begin(caller.Namespace)
	}
	if err == nil {
		return credential.WithCaller(ctx, caller), done, nil
	}
	if g.Refused != nil {
		from := ""
		if ok {
			from = p.Addr.String()
		}
		g.Refused(method, from, err)
	}
	return nil, nil, err
}

// begin counts a call of a namespace; RESOURCE_EXHAUSTED if it has too many under way.
func (g *Guard) begin(namespace string) (done func(), err error) {
	if namespace == "" {
		return func() {}, nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.calls[namespace] == maxCalls {
		return nil, status.Errorf(codes.ResourceExhausted, "namespace %s has %d calls under way, which is the limit", namespace, maxCalls)
	}
	if g.calls == nil {
		g.calls = map[string]int{}
	}
	g.calls[namespace]++
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.calls[namespace]--; g.calls[namespace] == 0 {
			delete(g.calls, namespace)
		}
	}, nil
}

func (g *Guard) authorize(ctx context.Context, method string) (credential.Caller, error) {
	roles, ok := Access[method]
	switch {
	case !ok:
		return credential.Caller{}, status.Errorf(codes.PermissionDenied, "nobody may call %s", method)
	case g.Tokens == nil:
		return credential.Caller{Role: credential.Operator}, nil
	case slices.Contains(roles, ""):
		return credential.Caller{}, nil
	}
	token, ok := bearer(ctx)
	if !ok {
		return credential.Caller{}, status.Error(codes.Unauthenticated, "no token: --token-file names a file with one")
	}
	audience := ""
	if g.Audience != nil {
		audience = g.Audience()
	}
	caller, ok := g.Tokens.Find(token, audience)
	switch {
	case !ok:
		return credential.Caller{}, status.Error(codes.Unauthenticated, "unknown token: has it been replaced? A coordinator's is for the address that a worker advertises")
	case !slices.Contains(roles, caller.Role):
		return credential.Caller{}, status.Errorf(codes.PermissionDenied, "role %s may not call %s", caller.Role, method[strings.LastIndex(method, "/")+1:])
	}
	return caller, nil
}

// bearer returns what the call has sent as its only token.
func bearer(ctx context.Context) (string, bool) {
	values := metadata.ValueFromIncomingContext(ctx, "authorization")
	if len(values) != 1 {
		return "", false
	}
	scheme, token, ok := strings.Cut(values[0], " ")
	return token, ok && strings.EqualFold(scheme, "bearer")
}
