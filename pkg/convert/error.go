package convert

import (
	"errors"
	"fmt"
	"strings"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/exec"
)

// Kind classifies an error for whoever has to act on it.
type Kind string

// The kinds of errors.
const (
	BadInput Kind = "bad input" // a file, a dataset or an option is not what it must be
	Refused  Kind = "refused"   // the model holds something that Octet does not support
	Internal Kind = "internal"  // a bug in Octet
)

// Error is an error with what a person needs to act on it. Empty fields are unknown.
type Error struct {
	Kind   Kind
	Source string // the file
	Node   string // the node, by the name of its first result
	Op     string
	Hint   string // the way out
	Err    error
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.Kind == Internal {
		b.WriteString("internal error: ")
	}
	if e.Source != "" {
		fmt.Fprintf(&b, "%s: ", e.Source)
	}
	switch {
	case e.Op != "" && e.Node != "":
		fmt.Fprintf(&b, "%s %q: ", e.Op, e.Node)
	case e.Op != "" || e.Node != "":
		fmt.Fprintf(&b, "%s%s: ", e.Op, e.Node)
	}
	b.WriteString(e.Err.Error())
	if e.Hint != "" {
		fmt.Fprintf(&b, " (%s)", e.Hint)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of an error, or "" if it is none of ours.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return ""
}

// unsupported turns an error of the executor or the dataset into one of this package.
func unsupported(source string, err error) *Error {
	if _, ok := errors.AsType[*dataset.SampleError](err); ok {
		return &Error{Kind: BadInput, Err: err, Hint: "--on-bad-sample skip leaves such samples out"}
	}
	if _, ok := errors.AsType[*exec.UnsupportedError](err); ok {
		return &Error{Kind: Refused, Source: source, Err: err, Hint: "a model with such operators can be converted with --quantize none only"}
	}
	return &Error{Kind: BadInput, Source: source, Err: err}
}
