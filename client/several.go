package client

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"google.golang.org/grpc"
	_ "google.golang.org/grpc/health" // has connections ask whether the service is served
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
)

// successionPatience is how long a call waits for one of several coordinators to lead.
const successionPatience = 15 * time.Second

// following has calls go to the one of several coordinators that leads: the others' health says that they do not serve.
const following = `{"loadBalancingConfig": [{"round_robin": {}}], "healthCheckConfig": {"serviceName": "octet.v1.ConversionService"}}`

// notServed is what gRPC says when coordinators can be reached and none of them leads.
const notServed = "connection active but health check failed"

// split returns the addresses of coordinators, HOST:PORT,....
func split(addrs string) ([]string, error) {
	if strings.Contains(addrs, "/") { // an address with a scheme is gRPC's business
		return []string{addrs}, nil
	}
	all := strings.Split(addrs, ",")
	for _, addr := range all {
		if _, port, err := net.SplitHostPort(addr); err != nil || port == "" {
			return nil, fmt.Errorf("coordinator %q: want HOST:PORT", addr)
		}
	}
	return all, nil
}

// target returns what gRPC is to dial for the addresses, and the options that it takes.
func target(addrs []string) (string, []grpc.DialOption) {
	if len(addrs) == 1 {
		return addrs[0], nil
	}
	r := manual.NewBuilderWithScheme("octet")
	state := resolver.State{}
	for _, addr := range addrs {
		host, _, _ := net.SplitHostPort(addr) // split has checked it
		state.Endpoints = append(state.Endpoints, resolver.Endpoint{Addresses: []resolver.Address{{Addr: addr, ServerName: host}}})
	}
	r.InitialState(state)
	return "octet:///coordinators", []grpc.DialOption{
		grpc.WithResolvers(r), grpc.WithDefaultServiceConfig(following), grpc.WithChainUnaryInterceptor(
			func(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, call grpc.UnaryInvoker, opts ...grpc.CallOption) error {
				for tries := newTries(successionPatience); ; {
					err := call(ctx, method, req, reply, conn, opts...)
					if _, full := retryAfter(err); err == nil || full || !tries.again(ctx, err) {
						return err
					}
				}
			}),
	}
}
