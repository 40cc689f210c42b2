//go:build linux && !amd64

package sandbox

// legacy are system calls that this architecture never had.
var legacy []uint32
