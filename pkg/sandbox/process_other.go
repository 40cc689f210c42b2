//go:build !unix

package sandbox

import (
	"os"
	"os/signal"
	"syscall"
)

func apart() *syscall.SysProcAttr { return nil }

func killedBySystem(*os.ProcessState) bool { return false }

// Undisturbed makes this process, a child, leave its end to its parent, whoever else tells it to stop.
func Undisturbed() { signal.Ignore(os.Interrupt) }
