package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/octetlite/octet/client"
	"github.com/octetlite/octet/pkg/credential"
	"github.com/octetlite/octet/pkg/guard"
)

// credentialFlags say how a process shows who it is, and how it knows others.
type credentialFlags struct {
	files credential.Files
	token string // a file
}

func (f *credentialFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.files.CA, "tls-ca", "", "PEM file of the authorities that others' certificates must come from; turns TLS on")
	flags.StringVar(&f.files.Cert, "tls-cert", "", "PEM file of this process's certificate")
	flags.StringVar(&f.files.Key, "tls-key", "", "PEM file of its key")
	flags.StringVar(&f.token, "token-file", "", "file of the token to call others with")
}

// identity returns what the TLS flags say; nil without any.
func (f *credentialFlags) identity(report func(error)) (*credential.Identity, error) {
	switch {
	case f.files == credential.Files{}:
		return nil, nil
	case f.files.CA == "":
		return nil, usagef("--tls-cert and --tls-key need --tls-ca, which says whose certificates to trust")
	case (f.files.Cert == "") != (f.files.Key == ""):
		return nil, usagef("--tls-cert and --tls-key go together")
	}
	return credential.Open(f.files, report)
}

// dialing returns the options for calling others as an identity, nil for one without TLS, and with a token, nil for none.
func dialing(id *credential.Identity, token *credential.Bearer) []grpc.DialOption {
	options := []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
	if id != nil {
		options = []grpc.DialOption{grpc.WithTransportCredentials(id.Client())}
	}
	if token != nil {
		options = append(options, grpc.WithPerRPCCredentials(token))
	}
	return options
}

// bearer returns what --token-file holds; nil without.
func (f *credentialFlags) bearer() (*credential.Bearer, error) {
	if f.token == "" {
		return nil, nil
	}
	return credential.OpenBearer(f.token)
}

// endpoint is where a coordinator is, and how it is called.
type endpoint struct {
	addr string
	credentialFlags
}

// add adds the flags; the address is value by default.
func (e *endpoint) add(cmd *cobra.Command, value, usage string) {
	cmd.Flags().StringVar(&e.addr, "coordinator", value, usage)
	e.credentialFlags.add(cmd)
}

// dial returns a client of the coordinator.
func (e *endpoint) dial(ctx context.Context) (*client.Client, error) {
	id, err := e.identity(nil)
	if err != nil {
		return nil, err
	}
	token, err := e.bearer()
	if err != nil {
		return nil, err
	}
	return client.Dial(e.addr, append(dialing(id, token), tracingOf(ctx).dial()...)...)
}

// serverFlags say whom a server lets in.
type serverFlags struct {
	credentialFlags
	tokens, clientCerts string
	insecure            bool
	bounds              guard.Bounds
}

// The values of --client-certs.
const (
	certsRequired = "require"
	certsOptional = "optional"
)

func (f *serverFlags) add(cmd *cobra.Command) {
	f.credentialFlags.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.tokens, "tokens", "", "file of the tokens that are known, which 'octet token' writes; without, whoever connects may do everything")
	flags.StringVar(&f.clientCerts, "client-certs", certsRequired, "with TLS: require certificates of those who connect, or have them optional, where --tokens knows them")
	flags.BoolVar(&f.insecure, "insecure", false, "DANGEROUS: use addresses beyond this machine without TLS, so that anybody on the network can read models and run jobs")
	complete(cmd, "client-certs", certsRequired, certsOptional)
	addBounds(cmd, &f.bounds)
}

// security is what the servers of a process let in by, and what they call others with.
type security struct {
	identity *credential.Identity // nil without TLS
	tokens   *credential.Tokens   // nil if nobody is asked
	bearer   *credential.Bearer   // nil if it has none
	optional bool                 // clients' certificates
	bounds   guard.Bounds         // of connections
	log      *zap.Logger
}

// open reads what the flags name, for a server that listens at addr.
func (f *serverFlags) open(addr string, log *zap.Logger) (*security, error) {
	s := &security{optional: f.clientCerts == certsOptional, log: log}
	report := func(err error) { log.Error("credentials_not_read", zap.Error(err)) }
	var err error
	if s.bounds, err = checkBounds(f.bounds); err != nil {
		return nil, err
	}
	if s.identity, err = f.identity(report); err != nil {
		return nil, err
	}
	switch {
	case f.clientCerts != certsRequired && f.clientCerts != certsOptional:
		return nil, usagef("--client-certs: %q is neither require nor optional", f.clientCerts)
	case s.optional && f.tokens == "":
		return nil, usagef("--client-certs optional needs --tokens, or anybody could connect")
	case s.identity != nil && f.files.Cert == "":
		return nil, usagef("a server with TLS needs --tls-cert and --tls-key")
	case s.identity == nil && !f.insecure && !credential.Loopback(addr):
		return nil, usagef("--listen %s is open to other machines, and there is no TLS: give --tls-ca, --tls-cert and --tls-key ('octet certs' makes them to begin with), or say --insecure", addr)
	}
	if f.tokens != "" {
		if s.tokens, err = credential.OpenTokens(f.tokens, report); err != nil {
			return nil, err
		}
	}
	if s.bearer, err = f.bearer(); err != nil {
		return nil, err
	}
	s.say(addr)
	return s, nil
}

// say logs what a server is open to.
func (s *security) say(addr string) {
	if s.identity == nil && !credential.Loopback(addr) {
		s.log.Warn("insecure", zap.String("listen", addr), zap.String("means", "anybody on the network can read models and run jobs"))
		return
	}
	s.log.Info("security", zap.Bool("tls", s.identity != nil), zap.Bool("tokens", s.tokens != nil), zap.Bool("this_machine_only", credential.Loopback(addr)))
}

// Of the calls and connections that a server refuses, the first of each second are logged, and few of the others: those who may call nothing must not fill disks.
const (
	refusalsLogged  = 20
	refusalsSampled = 1000
)

// sampled is the log of what others bring about as often as they like.
func (s *security) sampled() *zap.Logger {
	return s.log.WithOptions(zap.WrapCore(func(c zapcore.Core) zapcore.Core {
		return zapcore.NewSamplerWithOptions(c, time.Second, refusalsLogged, refusalsSampled)
	}))
}

// server returns the options of the server. at returns the address that others reach it at, once it serves.
func (s *security) server(at func() string) []grpc.ServerOption {
	refusals := s.sampled()
	g := guard.Guard{
		Tokens: s.tokens, Audience: at,
		Refused: func(method, from string, err error) {
			refusals.Warn("call_refused", zap.String("method", method), zap.String("from", from), zap.Error(err))
		},
		Panicked: func(method string, value any, stack []byte) {
			s.log.Error("panic", zap.String("method", method), zap.Any("value", value), zap.ByteString("stack", stack))
		},
	}
	options := g.Options()
	if s.identity != nil {
		options = append(options, grpc.Creds(s.identity.Server(!s.optional)))
	}
	return options
}

// dial returns the options for calling other members of the cluster, at addresses that these announce.
func (s *security) dial() []grpc.DialOption {
	return append(dialing(s.identity, s.bearer), grpc.WithContextDialer(guard.Dial))
}

// members returns the security of a coordinator and its workers in one process. They know each other by tokens of their own, and workers let nobody else in.
func (s *security) members() (coordinator, worker *security) {
	c, w := *s, *s
	w.tokens = new(credential.Tokens)
	c.bearer = credential.NewBearer(w.tokens.Issue(credential.Caller{Role: credential.Coordinator}))
	w.optional = true
	w.bearer = nil
	if c.tokens != nil {
		w.bearer = credential.NewBearer(c.tokens.Issue(credential.Caller{Role: credential.Worker}))
	}
	return &c, &w
}

// beyond returns an address, HOST:PORT or a URL, that is not on this machine; "" if all are.
func beyond(endpoints []string) string {
	for _, e := range endpoints {
		if _, host := schemeOf(e); !credential.Loopback(host) {
			return e
		}
	}
	return ""
}
