package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// How long a connection may take to come about, and a call without a deadline of its own to be answered.
const (
	connectWithin = 5 * time.Second
	answerWithin  = 30 * time.Second
	collectWithin = 10 * time.Minute // deleting may take its time
)

// reconnect is how often a connection that is lost is tried again. gRPC's own pauses grow to minutes, which a coordinator that is back would be kept waiting.
var reconnect = backoff.Config{BaseDelay: 500 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 3 * time.Second}

// UnreachableError says that a coordinator does not answer. Its gRPC status is the one it came with.
type UnreachableError struct {
	Addr   string
	Reason string // "" if it just keeps silent
	status *status.Status
}

func (e *UnreachableError) Error() string {
	text := fmt.Sprintf("coordinator %s does not answer", e.Addr)
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

// GRPCStatus makes the error's code visible to package status.
func (e *UnreachableError) GRPCStatus() *status.Status { return e.status }

// answering are options of a connection whose calls do not wait for ever, and say in plain words that nobody answers. Whether anybody ever did is kept in answered.
func answering(addr string, answered *atomic.Bool) []grpc.DialOption {
	heard := func(asked context.Context, err error) error {
		err = unreachable(asked, addr, err)
		if u, ok := errors.AsType[*UnreachableError](err); (!ok || u.Reason == noneLeads) && asked.Err() == nil {
			answered.Store(true)
		}
		return err
	}
	return []grpc.DialOption{
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: reconnect, MinConnectTimeout: connectWithin}),
		grpc.WithChainUnaryInterceptor(func(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, call grpc.UnaryInvoker, opts ...grpc.CallOption) error {
			asked := ctx
			if _, ok := ctx.Deadline(); !ok {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, answerWithin)
				defer cancel()
			}
			return heard(asked, call(ctx, method, req, reply, conn, opts...))
		}),
		grpc.WithChainStreamInterceptor(func(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
			stream, err := open(ctx, desc, conn, method, opts...)
			return stream, unreachable(ctx, addr, err)
		}),
	}
}

// unreachable turns the errors of a call that was not answered, asked for under ctx, into UnreachableErrors, and leaves others alone.
func unreachable(ctx context.Context, addr string, err error) error {
	s, ok := status.FromError(err)
	switch {
	case err == nil || !ok || ctx.Err() != nil:
		return err
	case s.Code() == codes.DeadlineExceeded:
		return &UnreachableError{addr, fmt.Sprintf("it kept silent for %v", answerWithin), s}
	case s.Code() == codes.Unavailable && unanswered(s.Message()):
		return &UnreachableError{addr, reason(s.Message()), s}
	}
	return err
}

// unanswered tells the messages that gRPC makes of a connection that fails from those of a server that says it is unavailable.
func unanswered(message string) bool {
	for _, start := range []string{"connection error:", "name resolver error:", "error reading from server:", "last connection error:", "closing transport due to:"} {
		if strings.HasPrefix(message, start) {
			return true
		}
	}
	return strings.Contains(message, notServed)
}

// handshakes are what gRPC and TLS say when two sides have different ideas of who may connect, and what that means.
var handshakes = []struct{ says, means string }{
	{"first record does not look like a TLS handshake", "it speaks no TLS (leave --tls-ca out, or start it with a certificate)"},
	{"signed by unknown authority", "its certificate is not of an authority that is trusted (--tls-ca)"},
	{"certificate required", "it wants a certificate (--tls-cert, --tls-key)"},
	{"bad certificate", "it does not take this certificate (--tls-cert, --tls-key)"},
	{"unknown certificate authority", "it does not trust the authority of this certificate (--tls-cert, --tls-key)"},
}

// noneLeads is the reason of coordinators that are there and do not serve.
const noneLeads = "none of those that can be reached leads"

// reason returns what a chain of gRPC's explanations comes down to: its last link, in most cases.
func reason(message string) string {
	if strings.Contains(message, notServed) {
		return noneLeads
	}
	for _, h := range handshakes {
		if strings.Contains(message, h.says) {
			return h.means
		}
	}
	if strings.Contains(message, "error reading server preface") && !strings.Contains(message, "closed network connection") {
		return "what listens there is no coordinator, or wants TLS (--tls-ca)"
	}
	message = strings.TrimRight(message, `"`)
	if at := strings.LastIndex(message, ": "); at >= 0 {
		message = message[at+2:]
	}
	if message == "use of closed network connection" { // gRPC gave up on a connection on which nothing came
		return ""
	}
	return message
}
