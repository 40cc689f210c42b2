package guard

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/encoding/gzip" // messages may come compressed
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/octetlite/octet/pkg/credential"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// service answers with the caller's namespace, and panics if it is asked for the job "panic".
type service struct {
	octetv1.UnimplementedConversionServiceServer
	octetv1.UnimplementedBlobServiceServer
	octetv1.UnimplementedSampleServiceServer
	octetv1.UnimplementedWorkerServiceServer
	octetv1.UnimplementedOperationsServiceServer
}

func (service) GetJob(ctx context.Context, r *octetv1.GetJobRequest) (*octetv1.GetJobResponse, error) {
	if r.GetId() == "panic" {
		panic("a secret")
	}
	c := credential.CallerOf(ctx)
	return &octetv1.GetJobResponse{Job: &octetv1.Job{Id: string(c.Role), RequestId: c.Namespace}}, nil
}

func (service) WatchJob(r *octetv1.WatchJobRequest, s grpc.ServerStreamingServer[octetv1.WatchJobResponse]) error {
	if r.GetId() == "panic" {
		panic("a secret")
	}
	c := credential.CallerOf(s.Context())
	return s.Send(&octetv1.WatchJobResponse{Job: &octetv1.Job{Id: string(c.Role), RequestId: c.Namespace}})
}

func start(t *testing.T, g *Guard) *grpc.ClientConn {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer(g.Options()...)
	octetv1.RegisterConversionServiceServer(s, service{})
	octetv1.RegisterBlobServiceServer(s, service{})
	octetv1.RegisterSampleServiceServer(s, service{})
	octetv1.RegisterWorkerServiceServer(s, service{})
	octetv1.RegisterOperationsServiceServer(s, service{})
	go func() { _ = s.Serve(l) }() // it ends when it is stopped
	t.Cleanup(s.Stop)
	conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// Every role makes every call: it gets through to the service, which implements little, or is refused before.
func TestRolesMayCall(t *testing.T) {
	tokens := &credential.Tokens{}
	who := map[credential.Role]credential.Token{"": ""}
	for _, r := range everyRole {
		who[r] = tokens.Issue(credential.Caller{Role: r, Namespace: "a"})
	}
	who["stranger"] = credential.NewToken()
	conn := start(t, &Guard{Tokens: tokens})
	for method, roles := range Access {
		if !strings.HasPrefix(method, "/octet") {
			continue
		}
		for role, token := range who {
			ctx := t.Context()
			if role != "" {
				ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token.For(""))
			}
			stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, method)
			if err != nil {
				t.Fatal(err)
			}
			_ = stream.SendMsg(&octetv1.GetJobRequest{})
			_ = stream.CloseSend()
			err = stream.RecvMsg(&octetv1.GetJobResponse{})
			code, want := status.Code(err), codes.PermissionDenied
			switch {
			case role == "" || role == "stranger":
				want = codes.Unauthenticated
			case slices.Contains(roles, role):
				want = codes.Unimplemented
				if code == codes.OK {
					code = want
				}
			}
			if code != want {
				t.Errorf("%s by %q: %v, want %v", method, role, err, want)
			}
		}
	}
}

func TestAccessNamesEveryCall(t *testing.T) {
	for _, d := range []grpc.ServiceDesc{
		octetv1.ConversionService_ServiceDesc, octetv1.BlobService_ServiceDesc, octetv1.SampleService_ServiceDesc, octetv1.WorkerService_ServiceDesc,
		octetv1.OperationsService_ServiceDesc,
	} {
		var names []string
		for _, m := range d.Methods {
			names = append(names, m.MethodName)
		}
		for _, m := range d.Streams {
			names = append(names, m.StreamName)
		}
		for _, n := range names {
			if len(Access["/"+d.ServiceName+"/"+n]) == 0 {
				t.Errorf("nobody may call %s/%s", d.ServiceName, n)
			}
		}
	}
	g := &Guard{}
	if _, _, err := g.admit(t.Context(), "/octet.v1.ConversionService/New"); status.Code(err) != codes.PermissionDenied {
		t.Errorf("a call without a row: %v", err)
	}
	if _, _, err := (&Guard{Tokens: &credential.Tokens{}}).admit(t.Context(), "/grpc.health.v1.Health/Check"); err != nil {
		t.Errorf("a probe without a token: %v", err)
	}
}

func TestServicesKnowWhoCalls(t *testing.T) {
	tokens := &credential.Tokens{}
	token := tokens.Issue(credential.Caller{Role: credential.Client, Namespace: "vision"})
	jobs := octetv1.NewConversionServiceClient(start(t, &Guard{Tokens: tokens}))
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "bearer "+string(token))
	got, err := jobs.GetJob(ctx, &octetv1.GetJobRequest{})
	if err != nil || got.GetJob().GetId() != "client" || got.GetJob().GetRequestId() != "vision" {
		t.Errorf("GetJob: %v, %v", got, err)
	}
	stream, err := jobs.WatchJob(ctx, &octetv1.WatchJobRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := stream.Recv(); err != nil || got.GetJob().GetRequestId() != "vision" {
		t.Errorf("WatchJob: %v, %v", got, err)
	}
	if _, err := jobs.GetJob(metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token.For("")), &octetv1.GetJobRequest{}); status.Code(err) != codes.Unauthenticated {
		t.Errorf("two tokens: %v", err)
	}
}

func TestPanicsEndOneCall(t *testing.T) {
	var methods []string
	g := &Guard{Panicked: func(method string, value any, stack []byte) {
		if value != "a secret" || !bytes.Contains(stack, []byte("guard_test.go")) {
			t.Errorf("told of %v at %s", value, stack)
		}
		methods = append(methods, method)
	}}
	jobs := octetv1.NewConversionServiceClient(start(t, g))
	_, err := jobs.GetJob(t.Context(), &octetv1.GetJobRequest{Id: "panic"})
	stream, openErr := jobs.WatchJob(t.Context(), &octetv1.WatchJobRequest{Id: "panic"})
	if openErr != nil {
		t.Fatal(openErr)
	}
	_, streamErr := stream.Recv()
	for _, err := range []error{err, streamErr} {
		if status.Code(err) != codes.Internal || strings.Contains(err.Error(), "secret") {
			t.Errorf("the caller gets %v", err)
		}
	}
	if len(methods) != 2 {
		t.Errorf("told of %v", methods)
	}
	if got, err := jobs.GetJob(t.Context(), &octetv1.GetJobRequest{}); err != nil || got.GetJob().GetId() != "operator" {
		t.Errorf("the next call: %v, %v", got, err)
	}
}

// A message is bounded as it is when it is decompressed.
func TestMessagesAreBounded(t *testing.T) {
	jobs := octetv1.NewConversionServiceClient(start(t, &Guard{}))
	bomb := &octetv1.GetJobRequest{Id: strings.Repeat("0", 64<<20)}
	if _, err := jobs.GetJob(t.Context(), bomb, grpc.UseCompressor("gzip")); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("64 MiB in %d KiB: %v", 64, err)
	}
	if _, err := jobs.GetJob(metadata.AppendToOutgoingContext(t.Context(), "x", strings.Repeat("0", 2*maxHeaders)), &octetv1.GetJobRequest{}); err == nil {
		t.Error("headers of 64 KiB are taken")
	}
}

func TestRefusalsAreTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tokens, err := credential.OpenTokens(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	stranger := credential.NewToken()
	told := ""
	g := &Guard{Tokens: tokens, Refused: func(method, from string, err error) { told += method + " " + from + " " + err.Error() }}
	jobs := octetv1.NewConversionServiceClient(start(t, g))
	_, err = jobs.GetJob(metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+string(stranger)), &octetv1.GetJobRequest{})
	if !strings.Contains(told, "GetJob 127.0.0.1:") || strings.Contains(told, string(stranger)) || strings.Contains(err.Error(), string(stranger)) {
		t.Errorf("told of %q, and the caller of %v", told, err)
	}
}

func TestAddresses(t *testing.T) {
	for at, want := range map[string]bool{
		"127.0.0.1:1": true, "10.0.0.1:1": true, "[::1]:1": true, "[fd00::1]:1": true, "192.0.2.1:1": true,
		"169.254.169.254:80": false, "[::ffff:169.254.169.254]:80": false, "[fe80::1%eth0]:1": false, "[fd00:ec2::254]:80": false, "224.0.0.1:1": false, "0.0.0.0:1": false, "[::]:1": false,
		"/var/run/docker.sock": false, "[64:ff9b::a9fe:a9fe]:80": false, "[2002:a9fe:a9fe::1]:80": false, "[64:ff9b::a00:1]:80": true, "[fd20:ce::254]:80": false, "[fd00:c1::a9fe:a9fe]:80": false,
		"192.0.0.192:80": false,
	} {
		if err := allowed(at); (err == nil) != want {
			t.Errorf("%s: %v", at, err)
		}
	}
	if _, err := Dial(t.Context(), "169.254.169.254:80"); err == nil || !strings.Contains(err.Error(), "credentials") {
		t.Errorf("a cloud's metadata: %v", err)
	}
	if _, err := Dial(t.Context(), "unix:///var/run/docker.sock"); err == nil {
		t.Error("a socket of this machine is dialled")
	}
}

// A namespace has so many calls under way and no more, however many connections it opens; others have theirs.
func TestCallsAtATime(t *testing.T) {
	tokens := &credential.Tokens{}
	vision, audio := tokens.Issue(credential.Caller{Role: credential.Client, Namespace: "vision"}), tokens.Issue(credential.Caller{Role: credential.Client, Namespace: "audio"})
	g := &Guard{Tokens: tokens}
	conn := start(t, g)
	get := func(token credential.Token) codes.Code {
		ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token.For(""))
		_, err := octetv1.NewConversionServiceClient(conn).GetJob(ctx, &octetv1.GetJobRequest{})
		return status.Code(err)
	}
	var last func()
	for range maxCalls {
		done, err := g.begin("vision")
		if err != nil {
			t.Fatal(err)
		}
		last = done
	}
	if code := get(vision); code != codes.ResourceExhausted {
		t.Errorf("one too many: %v", code)
	}
	if code := get(audio); code != codes.OK {
		t.Errorf("another namespace: %v", code)
	}
	last()
	for range 3 { // each gives back its place
		if code := get(vision); code != codes.OK {
			t.Errorf("there is a place: %v", code)
		}
	}
}
