package sandbox_test

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// legacy are those that this architecture alone has.
var legacy = []raw{
	{"forks", func(uintptr, *byte) unix.Errno {
		pid, _, e := unix.RawSyscall(unix.SYS_FORK, 0, 0, 0)
		if e == 0 && pid == 0 {
			_, _, _ = unix.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
		}
		return e
	}},
	{"opens to write, in the old way", func(_ uintptr, path *byte) unix.Errno {
		return made(unix.SYS_OPEN, uintptr(unsafe.Pointer(path)), unix.O_RDWR, 0)
	}},
	{"removes", func(_ uintptr, path *byte) unix.Errno { return made(unix.SYS_UNLINK, uintptr(unsafe.Pointer(path))) }},
}
