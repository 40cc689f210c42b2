//go:build chaos && unix && !linux

package chaos

import (
	"errors"
	"testing"
)

func newNamespaces(*testing.T, string) (network, error) {
	return nil, errors.New("namespaces are Linux's")
}
