//go:build chaos && unix

package chaos

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/octetlite/octet/internal/failpoint"
)

// again is how long a process that ended by itself stays down, as under an init system.
const again = 300 * time.Millisecond

// process is a node's program, which is started again whenever it ends by itself.
type process struct {
	node    Node
	command func() *exec.Cmd
	log     string // the file that its output is appended to

	mu     sync.Mutex
	cmd    *exec.Cmd     // nil if it is down on purpose
	exited chan struct{} // closed when cmd has ended
	armed  string
	fired  []string // failpoints that it died at
	ends   []string // how it ended otherwise, when nobody killed it
}

// start runs the program, to die at a failpoint if one is given.
func (p *process) start(at string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil {
		return nil
	}
	return p.run(at)
}

func (p *process) run(at string) error {
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	if _, err := fmt.Fprintf(log, "--- %s %s starts %s\n", time.Now().Format("15:04:05.000"), p.node, at); err != nil {
		return err
	}
	cmd := p.command()
	cmd.Stdout, cmd.Stderr = log, log
	if at != "" {
		cmd.Env = append(cmd.Environ(), failpoint.Variable+"="+at)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w", p.node, err)
	}
	p.cmd, p.exited, p.armed = cmd, make(chan struct{}), at
	go p.supervise(cmd, p.exited)
	return nil
}

// supervise waits for the end of the program, and starts it again if nobody wanted that.
func (p *process) supervise(cmd *exec.Cmd, exited chan struct{}) {
	err := cmd.Wait()
	close(exited)
	p.mu.Lock()
	wanted := p.cmd == cmd
	if wanted {
		if died := cmd.ProcessState.Sys().(syscall.WaitStatus); p.armed != "" && died.Signaled() && died.Signal() == syscall.SIGKILL {
			p.fired = append(p.fired, p.armed)
		} else {
			p.ends = append(p.ends, fmt.Sprintf("%v: %s", err, lastLine(p.log)))
		}
	}
	p.mu.Unlock()
	if !wanted {
		return
	}
	time.Sleep(again)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == cmd {
		if err := p.run(""); err != nil {
			p.ends = append(p.ends, err.Error())
		}
	}
}

// lastLine returns what a program said last, which is why it ended.
func lastLine(log string) string {
	text, err := os.ReadFile(log)
	if err != nil {
		return err.Error()
	}
	text = bytes.TrimSpace(text)
	return string(text[bytes.LastIndexByte(text, '\n')+1:])
}

// kill ends the program, stopped or not, and waits for its end.
func (p *process) kill() {
	p.mu.Lock()
	cmd, exited := p.cmd, p.exited
	p.cmd = nil
	p.mu.Unlock()
	if cmd != nil {
		_ = cmd.Process.Kill() // it may have ended
		<-exited
	}
}

// signal sends a signal, unless the program is down.
func (p *process) signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil {
		_ = p.cmd.Process.Signal(s) // it may have ended
	}
}

// disarm starts the program anew if it did not come to its failpoint.
func (p *process) disarm() error {
	p.mu.Lock()
	armed := p.cmd != nil && p.armed != ""
	p.mu.Unlock()
	if armed {
		p.kill()
	}
	return p.start("")
}
