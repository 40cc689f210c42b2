// Package freeport gives tests addresses for programs that listen where others look for them: such an address must be known before the program starts, and stay when it starts again.
package freeport

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
)

// The ports that are given lie below those that systems give to connections and to who asks for any port: from 32768 on under Linux, from 49152 on elsewhere. One of those could be taken
// before the program listens at it, or while it is down, and who dials a port of that range at which nobody listens may get through to himself.
const first, last = 10_000, 30_000

var (
	mu    sync.Mutex
	given = map[int]bool{}
)

// Addr returns an address of the loopback interface, HOST:PORT, at which nobody listens. No other call in this process returns it, too.
func Addr(t testing.TB) string {
	t.Helper()
	mu.Lock()
	defer mu.Unlock()
	for range 1000 {
		port := first + rand.IntN(last-first)
		if given[port] {
			continue
		}
		addr := fmt.Sprintf("127.0.0.1:%d", port)
		l, err := net.Listen("tcp", addr)
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		given[port] = true
		return addr
	}
	t.Fatal("there is no free port")
	return ""
}
