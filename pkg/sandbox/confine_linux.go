package sandbox

import (
	"errors"
	"fmt"
	"math"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxOpen bounds the files that a child has open.
const maxOpen = 4096

// Enforced reports whether the bound of memory is kept by the system; otherwise the collector works harder when it is near, and no more.
func Enforced() bool { return !instrumented }

// keepFiles has children inherit none of the files that are open in this process, those neither that it was started with: a supervisor's, for example. Kernels before 5.11 can't, and children
// of theirs have what this process was started with.
func keepFiles() { _ = unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC) }

// confine takes the protections that the kernel has, for all threads. A bound of memory must hold; what an old kernel or a container does without is left out of the list.
func confine(set settings) ([]Protection, error) {
	held := []Protection{NoEnvironment}
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0o600) // if the machine runs out of memory, this process is to go first
	if err := bound(unix.RLIMIT_CORE, 0); err != nil {
		return nil, err
	}
	if err := bound(unix.RLIMIT_NOFILE, maxOpen); err != nil {
		return nil, err
	}
	if bound(unix.RLIMIT_FSIZE, 0) == nil {
		held = append(held, NoWriting)
	}
	if set.Memory > 0 && Enforced() {
		if err := boundMemory(uint64(set.Memory)); err != nil {
			return nil, err
		}
		held = append(held, BoundedMemory)
	}
	if unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) == nil {
		held = append(held, NoTrace)
	}
	if _, _, e := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0); e != 0 {
		return held, nil //nolint:nilerr // without it none of the others can be had
	}
	if dropPrivileges() == nil {
		held = append(held, NoPrivileges)
	}
	if restrictFiles(set.Folders) == nil {
		held = append(held, NoFiles)
	}
	if filterCalls() == nil {
		held = append(held, NoSystemCalls)
	}
	return held, nil
}

// bound lowers a limit.
func bound(resource int, most uint64) error {
	var l unix.Rlimit
	if err := unix.Getrlimit(resource, &l); err != nil {
		return fmt.Errorf("limit %d: %w", resource, err)
	}
	l.Max = min(l.Max, most)
	l.Cur = min(l.Cur, l.Max)
	if err := unix.Setrlimit(resource, &l); err != nil {
		return fmt.Errorf("limit %d: %w", resource, err)
	}
	return nil
}

// arenas are the address space that Go's heap may reserve beyond what it uses, in bytes: it grows by 64 MiB at a time, and may ask for twice that to align them.
const arenas = 192 << 20

// boundMemory bounds what is allocated. Address space that Go only reserves does not count for the limit of data, and pages that it gave back do; but newer kernels (seen with 6.18) look at that limit
// only when memory is mapped at an address of their choice, and Go's heap maps what it has reserved. So the address space is bounded, too.
func boundMemory(most uint64) error {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return err
	}
	var pages uint64
	if _, err := fmt.Sscan(string(text), &pages); err != nil {
		return fmt.Errorf("/proc/self/statm: %w", err)
	}
	if err := bound(unix.RLIMIT_AS, pages*uint64(os.Getpagesize())+most+arenas); err != nil {
		return err
	}
	return bound(unix.RLIMIT_DATA, most)
}

// dropPrivileges drops root's capabilities, if there are any.
func dropPrivileges() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var have, none [2]unix.CapUserData
	if unix.Capget(&header, &have[0]) == nil && have == none {
		return nil // a service's filter may refuse the call below
	}
	_, _, e := syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&none)), 0)
	return errno(e)
}

// rights are all that Landlock knows about files, by the version that brought them.
var rights = []uint64{
	1: 1<<13 - 1,
	2: unix.LANDLOCK_ACCESS_FS_REFER,
	3: unix.LANDLOCK_ACCESS_FS_TRUNCATE,
	4: 0,
	5: unix.LANDLOCK_ACCESS_FS_IOCTL_DEV,
}

// restrictFiles takes the right to use files but those that lie in folders, and these may be read.
func restrictFiles(folders []string) error {
	version, _, e := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if e != 0 {
		return e
	}
	attr := unix.LandlockRulesetAttr{}
	for v := 1; v < len(rights) && v <= int(version); v++ {
		attr.Handled_access_fs |= rights[v]
	}
	size := unsafe.Sizeof(attr.Handled_access_fs) // all that the first version knows
	if version >= 4 {
		attr.Handled_access_net = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
		size += unsafe.Sizeof(attr.Handled_access_net)
	}
	rules, _, e := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), size, 0)
	if e != 0 {
		return e
	}
	defer func() { _ = unix.Close(int(rules)) }()
	for _, f := range folders {
		if err := allowFolder(int(rules), f); err != nil {
			return err
		}
	}
	_, _, e = syscall.AllThreadsSyscall(unix.SYS_LANDLOCK_RESTRICT_SELF, rules, 0, 0)
	return errno(e)
}

func allowFolder(rules int, folder string) error {
	at, err := unix.Open(folder, unix.O_PATH|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) {
		return nil // nothing to read
	}
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(at) }()
	rule := unix.LandlockPathBeneathAttr{Allowed_access: unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR, Parent_fd: int32(at)}
	_, _, e := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(rules), unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0)
	return errno(e)
}

func errno(e syscall.Errno) error {
	if e != 0 {
		return e
	}
	return nil
}
