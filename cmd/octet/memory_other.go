//go:build !linux

package main

// machineMemory returns the bytes of memory that this process may hope for; 0 if that can't be told.
func machineMemory() int64 { return 0 }
