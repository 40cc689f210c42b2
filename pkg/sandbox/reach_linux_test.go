package sandbox_test

import (
	"os"
	"strconv"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/octetlite/octet/pkg/sandbox"
)

// raw is a system call that does something to the process's parent or to a file, unless it is refused.
type raw struct {
	does string
	call func(parent uintptr, path *byte) unix.Errno
}

// info is the head of a siginfo_t: of a signal that was sent by sigqueue.
type info struct {
	signal, errno, code int32
	_                   [116]byte
}

var raws = append([]raw{
	{"queues signals", func(parent uintptr, _ *byte) unix.Errno {
		i := info{code: -1}
		return made(unix.SYS_RT_SIGQUEUEINFO, parent, 0, uintptr(unsafe.Pointer(&i)))
	}},
	{"limits its parent", func(parent uintptr, _ *byte) unix.Errno {
		var l unix.Rlimit
		return made(unix.SYS_PRLIMIT64, parent, unix.RLIMIT_CORE, 0, uintptr(unsafe.Pointer(&l)))
	}},
	{"slows its parent down", func(parent uintptr, _ *byte) unix.Errno {
		return made(unix.SYS_SETPRIORITY, unix.PRIO_PROCESS, parent, 0)
	}},
	{"has files send signals", func(parent uintptr, _ *byte) unix.Errno {
		return made(unix.SYS_FCNTL, 0, unix.F_SETOWN, parent)
	}},
	{"shares memory", func(uintptr, *byte) unix.Errno {
		return made(unix.SYS_SHMGET, 0, 4096, unix.IPC_CREAT|0o600)
	}},
	{"opens to write", func(_ uintptr, path *byte) unix.Errno {
		return made(unix.SYS_OPENAT, at(unix.AT_FDCWD), uintptr(unsafe.Pointer(path)), unix.O_RDWR, 0)
	}},
	{"truncates", func(_ uintptr, path *byte) unix.Errno {
		return made(unix.SYS_TRUNCATE, uintptr(unsafe.Pointer(path)), 0)
	}},
	{"changes modes", func(_ uintptr, path *byte) unix.Errno {
		return made(unix.SYS_FCHMODAT, at(unix.AT_FDCWD), uintptr(unsafe.Pointer(path)), 0o777)
	}},
}, legacy...)

func at(fd int) uintptr { return uintptr(fd) }

func made(number uintptr, args ...uintptr) unix.Errno {
	var a [6]uintptr
	copy(a[:], args)
	_, _, e := unix.RawSyscall6(number, a[0], a[1], a[2], a[3], a[4], a[5])
	return e
}

// reachedBySystemCalls names what this process can do to its parent and to a file without the standard library's help.
func reachedBySystemCalls(path string) (all []string) {
	name, err := unix.BytePtrFromString(path)
	if err != nil {
		return []string{err.Error()}
	}
	for _, r := range raws {
		if r.call(uintptr(os.Getppid()), name) == 0 {
			all = append(all, r.does)
		}
	}
	return all
}

// A child has none of the files that its parent was started with.
func TestFilesAreKept(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	fd := 200
	if err := unix.Dup3(int(null.Fd()), fd, 0); err != nil { // to be inherited
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if _, err := open(t).Call(t.Context(), "file", []byte(strconv.Itoa(fd)), sandbox.Host{}); err == nil {
		t.Error("a child has a file that its parent was started with")
	}
}
