package npy

import (
	"fmt"
	"strconv"
	"strings"
)

// literal is a cursor over the Python literal of a header: a dict whose keys are strings and whose values are a string, a bool,
// or a tuple of integers. Errors name the offset in the header.
type literal struct {
	text string
	at   int
}

// dict reads the whole header. Every key must occur exactly once and no other key may.
func (l *literal) dict() (descr string, fortran bool, shape []int, err error) {
	seen := map[string]bool{}
	if err = l.expect('{'); err != nil {
		return
	}
	for !l.accept('}') {
		var key string
		if key, err = l.str(); err != nil {
			return
		}
		if seen[key] {
			err = l.errorf("key %q occurs twice", key)
			return
		}
		seen[key] = true
		if err = l.expect(':'); err != nil {
			return
		}
		switch key {
		case "descr":
			if l.peek() == '[' {
				err = l.errorf("structured arrays (a descr with fields) are not supported")
				return
			}
			descr, err = l.str()
		case "fortran_order":
			fortran, err = l.boolean()
		case "shape":
			shape, err = l.tuple()
		default:
			err = l.errorf("unknown key %q", key)
		}
		if err != nil {
			return
		}
		if !l.accept(',') {
			if err = l.expect('}'); err != nil {
				return
			}
			break
		}
	}
	if l.peek() != 0 || l.at < len(l.text) {
		err = l.errorf("more text after the dict")
		return
	}
	for _, key := range []string{"descr", "fortran_order", "shape"} {
		if !seen[key] {
			err = fmt.Errorf("header: key %q is missing", key)
			return
		}
	}
	return
}

// peek skips spaces and returns the next byte, 0 at the end.
func (l *literal) peek() byte {
	for l.at < len(l.text) && strings.IndexByte(" \t\r\n\f", l.text[l.at]) >= 0 {
		l.at++
	}
	if l.at == len(l.text) {
		return 0
	}
	return l.text[l.at]
}

func (l *literal) accept(c byte) bool {
	if l.peek() == c && l.at < len(l.text) {
		l.at++
		return true
	}
	return false
}

func (l *literal) expect(c byte) error {
	if !l.accept(c) {
		return l.errorf("want %q", string(c))
	}
	return nil
}

// str reads a quoted string. NumPy's own headers need no escapes, so a backslash is an error.
func (l *literal) str() (string, error) {
	quote := l.peek()
	if quote != '\'' && quote != '"' {
		return "", l.errorf("want a string")
	}
	length := strings.IndexByte(l.text[l.at+1:], quote)
	if length < 0 {
		return "", l.errorf("string without an end")
	}
	s := l.text[l.at+1 : l.at+1+length]
	if strings.IndexByte(s, '\\') >= 0 {
		return "", l.errorf("string with an escape")
	}
	l.at += length + 2
	return s, nil
}

func (l *literal) boolean() (bool, error) {
	l.peek()
	for _, word := range []string{"True", "False"} {
		if strings.HasPrefix(l.text[l.at:], word) {
			l.at += len(word)
			return word == "True", nil
		}
	}
	return false, l.errorf("want True or False")
}

// tuple reads a tuple of non-negative integers. Python 2 wrote long ones with a trailing L.
func (l *literal) tuple() ([]int, error) {
	shape := []int{}
	if err := l.expect('('); err != nil {
		return nil, err
	}
	for !l.accept(')') {
		l.peek()
		end := l.at
		for end < len(l.text) && l.text[end] >= '0' && l.text[end] <= '9' {
			end++
		}
		n, err := strconv.Atoi(l.text[l.at:end])
		if err != nil {
			return nil, l.errorf("want a dimension")
		}
		l.at = end
		l.accept('L')
		if shape = append(shape, n); len(shape) > maxRank {
			return nil, l.errorf("more than %d dimensions", maxRank)
		}
		if !l.accept(',') {
			if err := l.expect(')'); err != nil {
				return nil, err
			}
			break
		}
	}
	return shape, nil
}

func (l *literal) errorf(format string, args ...any) error {
	return fmt.Errorf("header, offset %d: %s", l.at, fmt.Sprintf(format, args...))
}
