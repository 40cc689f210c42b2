package memory

import (
	"os"
	"syscall"
	"unsafe"
)

// hugePages asks the kernel to back memory that was not touched yet by huge pages, where it leaves that to programs: a fault for every 4 KB takes longer than
// what is done with a weight. The pages at both ends reach beyond words, but not beyond the heap, which lies in arenas of many of them. It is a hint, whose
// outcome does not matter.
func hugePages(words []uint64) {
	const page = 2 << 20
	first := uintptr(unsafe.Pointer(&words[0]))
	start, end := first&^(page-1), (first+uintptr(8*len(words))+page-1)&^(page-1)
	_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, start, end-start, syscall.MADV_HUGEPAGE)
}

// Discard gives the memory of data back to the system before the collector finds that nobody needs it: whoever reads data after that finds any content. It must be memory that
// Alloc gave, and that nothing else uses. On systems other than Linux it does nothing.
func Discard(data []byte) {
	page := uintptr(os.Getpagesize())
	first := uintptr(unsafe.Pointer(unsafe.SliceData(data)))
	start := (first + page - 1) &^ (page - 1)
	end := (first + uintptr(len(data))) &^ (page - 1)
	if len(data) > 0 && end > start {
		_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, start, end-start, syscall.MADV_DONTNEED)
	}
}
