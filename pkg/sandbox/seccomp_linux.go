package sandbox

import (
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// refused are the system calls that a child has no use for and that reach beyond it: the network, other programs and processes, changes of files, memory that no bound counts, and the
// kernel's wider doors. They fail with EPERM.
var refused = append([]uint32{
	unix.SYS_SOCKET, unix.SYS_SOCKETPAIR, unix.SYS_CONNECT, unix.SYS_BIND, unix.SYS_LISTEN, unix.SYS_ACCEPT, unix.SYS_ACCEPT4, unix.SYS_SENDTO, unix.SYS_SENDMSG, unix.SYS_SENDMMSG,
	unix.SYS_EXECVE, unix.SYS_EXECVEAT, unix.SYS_CLONE3, unix.SYS_UNSHARE, unix.SYS_SETNS,
	unix.SYS_KILL, unix.SYS_TKILL, unix.SYS_RT_SIGQUEUEINFO, unix.SYS_RT_TGSIGQUEUEINFO, unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV,
	unix.SYS_PIDFD_OPEN, unix.SYS_PIDFD_GETFD, unix.SYS_PIDFD_SEND_SIGNAL, unix.SYS_KCMP, unix.SYS_PROCESS_MADVISE, unix.SYS_PROCESS_MRELEASE, unix.SYS_MIGRATE_PAGES, unix.SYS_MOVE_PAGES,
	unix.SYS_PRLIMIT64, unix.SYS_SETPRIORITY, unix.SYS_IOPRIO_SET, unix.SYS_SCHED_SETSCHEDULER, unix.SYS_SCHED_SETPARAM, unix.SYS_SCHED_SETAFFINITY, unix.SYS_SCHED_SETATTR,
	unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER, unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD,
	unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_PIVOT_ROOT, unix.SYS_CHROOT, unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE, unix.SYS_KEXEC_LOAD, unix.SYS_REBOOT,
	unix.SYS_KEYCTL, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY, unix.SYS_SHMGET, unix.SYS_SEMGET, unix.SYS_MSGGET, unix.SYS_MQ_OPEN, unix.SYS_MEMFD_SECRET,
	unix.SYS_OPENAT2, unix.SYS_LINKAT, unix.SYS_SYMLINKAT, unix.SYS_UNLINKAT, unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_MKDIRAT, unix.SYS_MKNODAT, unix.SYS_TRUNCATE, unix.SYS_FTRUNCATE,
	unix.SYS_FCHMOD, unix.SYS_FCHMODAT, unix.SYS_FCHMODAT2, unix.SYS_FCHOWN, unix.SYS_FCHOWNAT, unix.SYS_UTIMENSAT, unix.SYS_SETXATTR, unix.SYS_LSETXATTR, unix.SYS_FSETXATTR,
}, legacy...)

// architectures are the values of AUDIT_ARCH.
var architectures = map[string]uint32{"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64}

// Where the kernel puts what a filter looks at (struct seccomp_data).
const (
	atNumber, atArch, atFirst, atSecond, atThird = 0, 4, 16, 24, 32

	x32 = 0x40000000 // bit of amd64's second set of numbers
)

// changing are the flags of files that are opened not only to be read.
const changing = unix.O_WRONLY | unix.O_RDWR | unix.O_CREAT | unix.O_TRUNC | unix.O_APPEND

// filterCalls installs a filter that refuses system calls, for all threads.
func filterCalls() error {
	program, ok := filter(runtime.GOARCH, uint32(os.Getpid()))
	if !ok {
		return unix.ENOSYS
	}
	f := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	_, _, e := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&f)))
	runtime.KeepAlive(program)
	return errno(e)
}

// filter returns the filter's program; false if the architecture is not known. New threads may be made, but no processes, signals sent to the process's own threads alone, and files opened to be
// read alone.
func filter(arch string, pid uint32) ([]unix.SockFilter, bool) {
	id, ok := architectures[arch]
	if !ok {
		return nil, false
	}
	const (
		load   = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equal  = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		anyBit = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
		ret    = unix.BPF_RET | unix.BPF_K
		allow  = unix.SECCOMP_RET_ALLOW
		deny   = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
	)
	p := []unix.SockFilter{
		{Code: load, K: atArch}, {Code: equal, K: id, Jt: 1}, {Code: ret, K: deny},
		{Code: load, K: atNumber},
	}
	if arch == "amd64" {
		p = append(p, unix.SockFilter{Code: anyBit, K: x32, Jf: 1}, unix.SockFilter{Code: ret, K: deny})
	}
	for _, n := range refused {
		p = append(p, unix.SockFilter{Code: equal, K: n, Jf: 1}, unix.SockFilter{Code: ret, K: deny})
	}
	p = append(p,
		unix.SockFilter{Code: equal, K: unix.SYS_CLONE, Jf: 4}, unix.SockFilter{Code: load, K: atFirst},
		unix.SockFilter{Code: anyBit, K: unix.CLONE_THREAD, Jt: 1}, unix.SockFilter{Code: ret, K: deny}, unix.SockFilter{Code: ret, K: allow},
		unix.SockFilter{Code: equal, K: unix.SYS_TGKILL, Jf: 4}, unix.SockFilter{Code: load, K: atFirst},
		unix.SockFilter{Code: equal, K: pid, Jt: 1}, unix.SockFilter{Code: ret, K: deny}, unix.SockFilter{Code: ret, K: allow},
		// A file can send signals to whom it belongs.
		unix.SockFilter{Code: equal, K: unix.SYS_FCNTL, Jf: 6}, unix.SockFilter{Code: load, K: atSecond}, unix.SockFilter{Code: equal, K: unix.F_SETOWN, Jt: 2},
		unix.SockFilter{Code: equal, K: unix.F_SETOWN_EX, Jt: 1}, unix.SockFilter{Code: equal, K: unix.F_SETSIG, Jf: 1}, unix.SockFilter{Code: ret, K: deny}, unix.SockFilter{Code: ret, K: allow},
		unix.SockFilter{Code: equal, K: unix.SYS_OPENAT, Jf: 4}, unix.SockFilter{Code: load, K: atThird},
		unix.SockFilter{Code: anyBit, K: changing, Jf: 1}, unix.SockFilter{Code: ret, K: deny}, unix.SockFilter{Code: ret, K: allow},
	)
	return append(p, unix.SockFilter{Code: ret, K: allow}), true
}
