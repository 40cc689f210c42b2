package sandbox

import (
	"encoding/binary"
	"fmt"
	"io"
	"sync"
)

// kind is what a frame is about.
type kind byte

// What a parent sends: set up once, then calls.
const (
	setUp  kind = 'S' // the settings
	begin  kind = 'B' // a call, by its name
	cancel kind = 'C' // its context has ended
	answer kind = 'A' // to a question
	refuse kind = 'N' // of an answer, with the reason
)

// What a child sends: hello once, then what becomes of calls.
const (
	hello  kind = 'H' // it serves
	tell   kind = 'T' // how a call goes
	ask    kind = 'Q' // a question, by its name
	result kind = 'R'
	failed kind = 'F' // with the error's text
	broken kind = 'P' // with what the handler panicked of
)

// frame is a message in either direction. On its way it is a length of 4 bytes in front of the kind, the call, the question, the length of the name, the name and the data.
type frame struct {
	kind     kind
	call     uint32
	question uint32 // that is asked or answered
	name     string
	data     []byte
}

const (
	fixed    = 1 + 4 + 4 + 1 // bytes in front of the name
	maxFrame = 1<<29 + fixed // bytes behind the length
	maxName  = 255           // bytes
	atOnce   = 1 << 20       // what is allocated before it has come
	lengths  = 4             // bytes of a length
	maxText  = 64 << 10      // bytes of an error
	tooLarge = "%d bytes in one message: the limit is %d"
)

// writer sends frames. It is safe for concurrent use.
type writer struct {
	mu sync.Mutex
	w  io.Writer
}

func (w *writer) send(f frame) error {
	if len(f.name) > maxName {
		return fmt.Errorf("name of %d bytes", len(f.name))
	}
	n := fixed + len(f.name) + len(f.data)
	if n > maxFrame {
		return fmt.Errorf(tooLarge, n, maxFrame)
	}
	head := make([]byte, 0, lengths+fixed+len(f.name))
	head = binary.BigEndian.AppendUint32(head, uint32(n))
	head = append(head, byte(f.kind))
	head = binary.BigEndian.AppendUint32(head, f.call)
	head = binary.BigEndian.AppendUint32(head, f.question)
	head = append(head, byte(len(f.name)))
	head = append(head, f.name...)
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(f.data) <= atOnce { // one write for what is small
		_, err := w.w.Write(append(head, f.data...))
		return err
	}
	if _, err := w.w.Write(head); err != nil {
		return err
	}
	_, err := w.w.Write(f.data)
	return err
}

// receive reads a frame. Memory is taken as the bytes come, not as the length says.
func receive(r io.Reader) (frame, error) {
	var head [lengths + fixed]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return frame{}, err
	}
	n := binary.BigEndian.Uint32(head[:])
	name := int(head[lengths+fixed-1])
	if n > maxFrame || n < uint32(fixed+name) {
		return frame{}, fmt.Errorf(tooLarge, n, maxFrame)
	}
	f := frame{kind: kind(head[4]), call: binary.BigEndian.Uint32(head[5:]), question: binary.BigEndian.Uint32(head[9:])}
	rest := int(n) - fixed
	body := make([]byte, 0, min(rest, atOnce))
	for len(body) < rest {
		if len(body) == cap(body) {
			grown := make([]byte, len(body), min(2*cap(body), rest))
			copy(grown, body)
			body = grown
		}
		got, err := io.ReadFull(r, body[len(body):cap(body)])
		if body = body[:len(body)+got]; err != nil {
			return frame{}, fmt.Errorf("a message breaks off: %w", io.ErrUnexpectedEOF)
		}
	}
	f.name, f.data = string(body[:name]), body[name:]
	return f, nil
}
