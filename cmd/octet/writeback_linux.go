//go:build amd64 || arm64

package main

import (
	"os"
	"syscall"
)

// syncFileRangeWrite is SYNC_FILE_RANGE_WRITE of sync_file_range(2).
const syncFileRangeWrite = 2

// startWriteback has the kernel begin to write a part of a file to the disk, and does not wait for it. Whether it does so makes no difference but in time.
func startWriteback(f *os.File, offset, size int64) {
	_ = syscall.SyncFileRange(int(f.Fd()), offset, size, syncFileRangeWrite)
}
