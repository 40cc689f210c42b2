package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"go.etcd.io/etcd/client/pkg/v3/fileutil"
)

// lockDir makes a data folder this process's own until the lock is closed, or the process ends in whatever way.
func lockDir(dir string) (io.Closer, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	lock, err := fileutil.TryLockFile(filepath.Join(dir, "lock"), os.O_WRONLY|os.O_CREATE, 0o644)
	switch {
	case errors.Is(err, fileutil.ErrLocked):
		return nil, fmt.Errorf("data folder %s: another process uses it: say another --data-dir", dir)
	case err != nil:
		return nil, fmt.Errorf("data folder %s: %w", dir, err)
	}
	return lock, nil
}
