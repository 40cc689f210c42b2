//go:build failpoint

package failpoint

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
)

// armed is where this process dies, and left how often it comes there until then.
var (
	armed, times, _ = strings.Cut(os.Getenv(Variable), ":")
	left            atomic.Int64
	_               = load()
)

func load() error {
	n, err := strconv.ParseInt(times, 10, 64)
	left.Store(max(n, 1))
	return err
}

// Hit kills this process if this is the place, and the time, to die.
func Hit(name string) {
	if name != armed || left.Add(-1) != 0 {
		return
	}
	fmt.Fprintf(os.Stderr, "{\"msg\":\"failpoint\",\"name\":%q}\n", name)
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		_ = p.Kill() // nothing is left to be done if it fails
	}
	select {} // until the signal is there
}
