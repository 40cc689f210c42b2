package main

import (
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"
)

// machineMemory returns the bytes of memory that this process may hope for: the machine's, or what its control groups allow; 0 if that can't be told.
func machineMemory() int64 {
	most := memTotal()
	lower := func(file string) {
		text, err := os.ReadFile(file)
		if err != nil {
			return
		}
		n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
		if err == nil && n > 0 && (most == 0 || n < most) { // "max" is no number
			most = n
		}
	}
	group := "/"
	if text, err := os.ReadFile("/proc/self/cgroup"); err == nil {
		for line := range strings.Lines(string(text)) {
			if at, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
				group = at
			}
		}
	}
	for at := path.Clean(group); ; at = path.Dir(at) {
		lower(path.Join("/sys/fs/cgroup", at, "memory.max"))
		if at == "/" || at == "." {
			break
		}
	}
	lower("/sys/fs/cgroup/memory/memory.limit_in_bytes")
	return most
}

// memTotal returns the machine's memory in bytes; it does not look into /proc, which may be hidden.
func memTotal() int64 {
	var info syscall.Sysinfo_t
	if syscall.Sysinfo(&info) != nil {
		return 0
	}
	return int64(info.Totalram) * int64(info.Unit)
}
