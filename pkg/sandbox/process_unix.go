//go:build unix

package sandbox

import (
	"os"
	"os/signal"
	"syscall"
)

// apart keeps the signals of a terminal from a child: its parent decides when it ends.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// killedBySystem reports whether a process was killed without having a say.
func killedBySystem(state *os.ProcessState) bool {
	w, ok := state.Sys().(syscall.WaitStatus)
	return ok && w.Signaled() && w.Signal() == syscall.SIGKILL
}

// Undisturbed makes this process, a child, leave its end to its parent, whoever else tells it to stop.
func Undisturbed() { signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP) }
