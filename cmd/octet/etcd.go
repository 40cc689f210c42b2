package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/client/pkg/v3/transport"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"

	"github.com/octetlite/octet/pkg/credential"
	"github.com/octetlite/octet/pkg/registry"
)

// The prefix of everything in etcd, and how long etcd may take to get ready.
const (
	etcdPrefix  = "/octet"
	etcdTimeout = 60 * time.Second
	etcdQuota   = 1 << 30 // bytes

	ownCertificateLife = 10 * 365 * 24 * time.Hour

	etcdPatience = 2 * time.Second // before the log says that etcd does not answer
)

// etcdReconnect is how often an etcd that is away is tried again. gRPC's own pauses grow to minutes, for which a lease would be lost once more.
var etcdReconnect = grpc.ConnectParams{
	Backoff: backoff.Config{BaseDelay: 200 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Second}, MinConnectTimeout: 5 * time.Second,
}

// etcdFlags say where etcd is, and how it is known.
type etcdFlags struct {
	endpoints []string
	files     credential.Files
}

func (f *etcdFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.endpoints, "etcd", []string{"127.0.0.1:2379"}, "endpoints of etcd, HOST:PORT,... or https://HOST:PORT,... for TLS")
	flags.StringVar(&f.files.CA, "etcd-ca", "", "PEM file of the authorities of etcd's certificates (default: --tls-ca, --tls-cert and --tls-key are for etcd, too)")
	flags.StringVar(&f.files.Cert, "etcd-cert", "", "PEM file of this process's certificate for etcd")
	flags.StringVar(&f.files.Key, "etcd-key", "", "PEM file of its key")
}

// dial returns a client. Without files of its own for etcd the process is known to it as to others.
func (f *etcdFlags) dial(ctx context.Context, server *serverFlags, id *credential.Identity, log *zap.Logger) (*clientv3.Client, error) {
	encrypted := 0
	for _, e := range f.endpoints {
		if scheme, _ := schemeOf(e); scheme == "https" {
			encrypted++
		}
	}
	own := f.files != credential.Files{}
	switch away := beyond(f.endpoints); {
	case encrypted == 0 && own:
		return nil, usagef("--etcd-ca, --etcd-cert and --etcd-key are for --etcd https://HOST:PORT")
	case encrypted == 0 && away != "" && !server.insecure:
		return nil, usagef("--etcd %s is beyond this machine, and without TLS: give it as https://%s, or say --insecure", away, away)
	case encrypted == 0:
		return dialEtcd(ctx, f.endpoints, nil, log)
	case encrypted < len(f.endpoints):
		return nil, usagef("--etcd: either all endpoints are https://, or none")
	case own:
		var err error
		if id, err = credential.Open(f.files, func(err error) { log.Error("credentials_not_read", zap.Error(err)) }); err != nil {
			return nil, fmt.Errorf("etcd: %w", err)
		}
	case id == nil:
		return nil, usagef("--etcd https://… needs --etcd-ca, which says whose certificates to trust")
	}
	return dialEtcd(ctx, f.endpoints, id, log)
}

// localEtcd is an etcd in this process.
type localEtcd struct {
	*embed.Etcd
	level zap.AtomicLevel // of its log
	addr  string          // of its clients: a URL

	identity *credential.Identity // of this process, the only one that it lets in
}

// Close stops it. It logs its own closing of listeners as errors, which are kept from the user.
func (e *localEtcd) Close() {
	e.level.SetLevel(zap.FatalLevel)
	e.Etcd.Close()
}

// startEtcd starts an etcd in this process, on loopback, that compacts itself hourly. It lets nobody in but this process, by certificates that are made anew each time.
func startEtcd(ctx context.Context, dir string, log *zap.Logger) (*localEtcd, error) {
	files, err := ownCertificates(filepath.Join(dir, "tls"))
	if err != nil {
		return nil, fmt.Errorf("etcd in %s: %w", dir, err)
	}
	identity, err := credential.Open(files, nil)
	if err != nil {
		return nil, fmt.Errorf("etcd in %s: %w", dir, err)
	}
	level := zap.NewAtomicLevelAt(max(log.Level(), zap.ErrorLevel))
	cfg := embed.NewConfig()
	cfg.Name = "octet"
	cfg.Dir = dir
	cfg.ZapLoggerBuilder = embed.NewZapLoggerBuilder(log.Named("etcd").WithOptions(zap.IncreaseLevel(level)))
	cfg.QuotaBackendBytes = etcdQuota
	cfg.AutoCompactionMode, cfg.AutoCompactionRetention = embed.CompactorModePeriodic, "1h"
	tls := transport.TLSInfo{CertFile: files.Cert, KeyFile: files.Key, TrustedCAFile: files.CA, ClientCertAuth: true}
	cfg.ClientTLSInfo, cfg.PeerTLSInfo = tls, tls
	loopback := url.URL{Scheme: "https", Host: "127.0.0.1:0"}
	cfg.ListenClientUrls, cfg.ListenPeerUrls = []url.URL{loopback}, []url.URL{loopback}
	cfg.InitialCluster = cfg.InitialClusterFromName(cfg.Name)
	server, err := embed.StartEtcd(cfg)
	if err != nil {
		return nil, fmt.Errorf("etcd in %s: %w", dir, err)
	}
	e := &localEtcd{server, level, "https://" + server.Clients[0].Addr().String(), identity}
	select {
	case <-e.Server.ReadyNotify():
		return e, nil
	case err = <-e.Err():
	case <-ctx.Done():
		err = ctx.Err()
	case <-time.After(etcdTimeout):
		err = errors.New("did not get ready")
	}
	e.Close()
	return nil, fmt.Errorf("etcd in %s: %w", dir, err)
}

// ownCertificates makes an authority and a certificate of this machine for as long as a process may live, and returns their files.
func ownCertificates(dir string) (credential.Files, error) {
	f := credential.Files{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"), CA: filepath.Join(dir, "ca.pem")}
	authority, ca, err := credential.NewAuthority(time.Now(), ownCertificateLife)
	if err != nil {
		return f, err
	}
	own, err := authority.Issue(time.Now(), ownCertificateLife, "octet", "127.0.0.1")
	if err != nil {
		return f, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return f, err
	}
	for path, text := range map[string][]byte{f.CA: ca.Cert, f.Cert: own.Cert, f.Key: own.Key} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return f, err
		}
	}
	return f, nil
}

// dialEtcd returns a client, once etcd answers. It speaks TLS as the identity if that is not nil. That it does not answer yet is logged: in a cluster that starts, etcd may well be the last.
func dialEtcd(ctx context.Context, endpoints []string, id *credential.Identity, log *zap.Logger) (*clientv3.Client, error) {
	options := []grpc.DialOption{grpc.WithConnectParams(etcdReconnect)}
	if id != nil {
		options = append(options, grpc.WithTransportCredentials(id.Client()))
	}
	c, err := clientv3.New(clientv3.Config{
		Endpoints: endpoints, DialOptions: options, DialTimeout: 10 * time.Second, DialKeepAliveTime: 10 * time.Second, DialKeepAliveTimeout: 5 * time.Second,
		Logger: log.Named("etcd").WithOptions(zap.IncreaseLevel(zap.ErrorLevel)),
	})
	if err != nil {
		return nil, fmt.Errorf("etcd %v: %w", endpoints, err)
	}
	ask, cancel := context.WithTimeout(ctx, etcdTimeout)
	defer cancel()
	soon := time.AfterFunc(etcdPatience, func() {
		log.Warn("waiting_for_etcd", zap.Strings("endpoints", endpoints), zap.NamedError("reason", reach(ask, endpoints)), zap.Duration("at_most", etcdTimeout))
	})
	defer soon.Stop()
	_, err = c.Get(ask, etcdPrefix, clientv3.WithCountOnly())
	switch {
	case err == nil:
		return c, nil
	case ctx.Err() != nil:
		err = ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		err = fmt.Errorf("etcd %s does not answer: %w", strings.Join(endpoints, ", "), cmp.Or(reach(ctx, endpoints), fmt.Errorf("it kept silent for %v", etcdTimeout)))
	default:
		err = fmt.Errorf("etcd %s: %w", strings.Join(endpoints, ", "), err)
	}
	return nil, errors.Join(err, c.Close())
}

// schemeOf splits an endpoint, HOST:PORT or a URL.
func schemeOf(endpoint string) (scheme, addr string) {
	scheme, addr, ok := strings.Cut(endpoint, "://")
	if !ok {
		return "", endpoint
	}
	return scheme, addr
}

// reach tries to connect to endpoints and returns why the last one can't be reached; nil if one can.
func reach(ctx context.Context, endpoints []string) error {
	ctx, cancel := context.WithTimeout(ctx, etcdPatience)
	defer cancel()
	var last error
	for _, e := range endpoints {
		_, addr := schemeOf(e)
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err == nil {
			return conn.Close()
		}
		last = err
	}
	return last
}

// workersIn returns the registry of workers in etcd.
func workersIn(c *clientv3.Client, ttl time.Duration) registry.Registry {
	return registry.NewEtcd(c, etcdPrefix+"/workers", ttl)
}
