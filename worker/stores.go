package worker

import (
	"sync"

	"google.golang.org/grpc"

	"github.com/octetlite/octet/client"
)

// maxIdle bounds the connections that are kept to stores that no shard uses.
const maxIdle = 2

// stores are the connections to coordinators' stores, by address.
type stores struct {
	dial []grpc.DialOption
	mu   sync.Mutex
	all  map[string]*connection
}

type connection struct {
	client *client.Client
	users  int
}

// open returns the store at an address. It may be used until it is released.
func (s *stores) open(addr string) (blobs *client.Blobs, release func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.all[addr]
	if c == nil {
		conn, err := client.Dial(addr, s.dial...)
		if err != nil {
			return nil, nil, err
		}
		c = &connection{client: conn}
		s.all[addr] = c
	}
	c.users++
	return c.client.Blobs, func() { s.release(addr, c) }, nil
}

func (s *stores) release(addr string, c *connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.users--; c.users > 0 || len(s.all) <= maxIdle {
		return
	}
	c.client.Close()
	delete(s.all, addr)
}

// close ends all connections, those in use too.
func (s *stores) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for addr, c := range s.all {
		c.client.Close()
		delete(s.all, addr)
	}
}
