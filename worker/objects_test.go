package worker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/octetlite/octet/pkg/remote"
	"github.com/octetlite/octet/pkg/store"
)

// shelf is one object elsewhere, and what keeps it from being read.
type shelf struct {
	data   string
	err    error
	wanted []int64
}

func (s *shelf) Stat(context.Context, string) (store.Object, error) {
	panic("a worker looks for nothing")
}
func (s *shelf) List(context.Context, string) ([]store.Object, error) {
	panic("a worker looks for nothing")
}

func (s *shelf) OpenObject(_ context.Context, o store.Object) (store.Blob, error) {
	if o.URL != "s3://b/x" || o.ETag != "e" || o.Size != int64(len(s.data)) {
		return nil, fmt.Errorf("another object: %+v", o)
	}
	return shelved{bytes.NewReader([]byte(s.data)), s}, s.err
}

type shelved struct {
	*bytes.Reader
	shelf *shelf
}

func (shelved) Close() error { return nil }

func (s shelved) Prefetch(offset, n int64) bool {
	s.shelf.wanted = append(s.shelf.wanted, offset, n)
	return n < 5
}

// TestObjectsForChildren asks as a child does.
func TestObjectsForChildren(t *testing.T) {
	s := &shelf{data: "0123456789"}
	p := &pinned{objects: s}
	ask := func(name string, offset, n int64) (string, error) {
		request, err := json.Marshal(part{store.Object{URL: "s3://b/x", ETag: "e"}, 10, offset, n})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := p.answer(t.Context(), name, request)
		return string(answer), err
	}
	for _, c := range []struct {
		name      string
		offset, n int64
		want      string
	}{
		{readCall, 0, 10, "\x000123456789"}, {readCall, 3, 2, "\x0034"}, {readCall, 8, 5, "\x0089"}, {wantCall, 2, 3, "\x00"}, {wantCall, 2, 7, ""},
	} {
		if got, err := ask(c.name, c.offset, c.n); err != nil || got != c.want {
			t.Errorf("%s of %d at %d: %q, %v, want %q", c.name, c.n, c.offset, got, err, c.want)
		}
	}
	if fmt.Sprint(s.wanted) != "[2 3 2 7]" {
		t.Errorf("wanted: %v", s.wanted)
	}
	for _, c := range [][2]int64{{-1, 3}, {0, -1}, {0, maxPart + 1}} {
		if got, err := ask(readCall, c[0], c[1]); err == nil {
			t.Errorf("%v: %q", c, got)
		}
	}
	// What no worker may read, or what is another object by now, is the job's fault; what fails otherwise is not.
	for _, err := range []error{remote.ErrRefused, remote.ErrChanged} {
		s.err = fmt.Errorf("s3://b/x: %w", err)
		if got, err := ask(readCall, 0, 1); err != nil || got != "\x01"+s.err.Error() {
			t.Errorf("%v: %q, %v", s.err, got, err)
		}
	}
	s.err = fmt.Errorf("s3://b/x: %w", remote.ErrDenied)
	if got, err := ask(readCall, 0, 1); err == nil {
		t.Errorf("%v: %q", s.err, got)
	}
	p.objects = nil
	if got, err := ask(readCall, 0, 1); err != nil || !strings.HasPrefix(got, "\x01") {
		t.Errorf("a worker that reads nothing elsewhere: %q, %v", got, err)
	}
}

// TestChildrenReadObjects reads as datasets do, by way of the questions.
func TestChildrenReadObjects(t *testing.T) {
	data := make([]byte, 3*maxPart+1000)
	for i := range data {
		data[i] = byte(i * i >> 8)
	}
	s := &shelf{data: string(data)}
	p := &pinned{objects: s}
	asked := 0
	a := &askedObject{object: store.Object{URL: "s3://b/x", ETag: "e", Size: int64(len(data))}, asks: func(name string, request []byte) ([]byte, error) {
		asked++
		return p.answer(t.Context(), name, request)
	}}
	if got, err := io.ReadAll(io.NewSectionReader(a, 0, a.Size())); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if asked > 40 { // ReadAll reads little at first
		t.Errorf("%d questions for the whole", asked)
	}
	asked = 0
	whole := make([]byte, len(data)+5)
	if n, err := a.ReadAt(whole, 0); n != len(data) || !errors.Is(err, io.EOF) || !bytes.Equal(whole[:n], data) || asked != 4 {
		t.Errorf("at once: %d bytes, %v, %d questions", n, err, asked)
	}
	asked = 0
	for at := 1000; at < 1000+readAhead; at += 100 {
		row := make([]byte, 100)
		if _, err := a.ReadAt(row, int64(at)); err != nil || !bytes.Equal(row, data[at:at+100]) {
			t.Fatalf("at %d: %v", at, err)
		}
	}
	if asked > 2 {
		t.Errorf("%d questions for rows one after another", asked)
	}
	if !a.Prefetch(0, 3) || a.Prefetch(0, 7) {
		t.Error("room, or none, is not told")
	}
	s.err = remote.ErrChanged
	_, err := a.ReadAt(make([]byte, 1), int64(len(data))-1)
	if e := faultOf(fmt.Errorf("x.tar: %w", err)); e == nil || e.GetMessage() != remote.ErrChanged.Error() {
		t.Errorf("an object that has changed: %v, %v", err, e)
	}
}
