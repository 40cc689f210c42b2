//go:build linux && !amd64

package sandbox_test

var legacy []raw
