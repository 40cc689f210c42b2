package freeport

import (
	"net"
	"testing"
)

// Each address is another, and can be listened at.
func TestAddr(t *testing.T) {
	seen := map[string]bool{}
	for range 50 {
		addr := Addr(t)
		if seen[addr] {
			t.Errorf("%s was given twice", addr)
		}
		seen[addr] = true
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if port := l.Addr().(*net.TCPAddr).Port; port < first || port >= last {
			t.Errorf("port %d may be given to others", port)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
