package main

import (
	"context"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/pkg/credential"
)

// Who may call nothing can't fill the disk that the log is on.
func TestRefusalsDoNotFillDisks(t *testing.T) {
	core, logs := observer.New(zap.InfoLevel)
	secure := &security{tokens: new(credential.Tokens), log: zap.New(core)}
	g, err := listen("127.0.0.1:0", nil, secure.server(func() string { return "" })...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var served sync.WaitGroup
	served.Go(func() {
		if err := g.serve(ctx, zap.NewNop(), func(ctx context.Context) error { <-ctx.Done(); return nil }); err != nil {
			t.Error(err)
		}
	})
	defer served.Wait()
	defer stop()
	conn, err := grpc.NewClient(g.local(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const calls = 500
	begun := time.Now()
	for range calls {
		stream, err := reflectionv1.NewServerReflectionClient(conn).ServerReflectionInfo(ctx)
		if err == nil {
			_, err = stream.Recv()
		}
		if status.Code(err) != codes.Unauthenticated {
			t.Fatal(err)
		}
	}
	seconds := int(time.Since(begun)/time.Second) + 2
	if n := logs.FilterMessage("call_refused").Len(); n < refusalsLogged || n > seconds*refusalsLogged {
		t.Errorf("%d of %d refusals within %d seconds are logged", n, calls, seconds)
	}
}
