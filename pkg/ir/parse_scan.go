package ir

import (
	"fmt"
	"strconv"
	"strings"
)

// skip moves over blanks and comments.
func (p *parser) skip() {
	for p.pos < len(p.text) {
		switch rest := p.text[p.pos:]; {
		case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
			p.pos++
		case strings.HasPrefix(rest, "//"):
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				end = len(rest)
			}
			p.pos += end
		default:
			return
		}
	}
}

// peek returns the next byte that is no blank, 0 at the end.
func (p *parser) peek() byte {
	p.skip()
	if p.pos == len(p.text) {
		return 0
	}
	return p.text[p.pos]
}

// here describes what comes next, for errors.
func (p *parser) here() string {
	p.skip()
	rest, _, _ := strings.Cut(p.text[p.pos:], "\n")
	if rest == "" {
		return "the end"
	}
	return strconv.Quote(rest[:min(len(rest), 30)])
}

// accept moves over token if that comes next.
func (p *parser) accept(token string) bool {
	p.skip()
	if !strings.HasPrefix(p.text[p.pos:], token) {
		return false
	}
	p.pos += len(token)
	return true
}

func (p *parser) expect(token string) error {
	if !p.accept(token) {
		return fmt.Errorf("want %q, have %s", token, p.here())
	}
	return nil
}

// raw moves over bytes until one of end, or a blank, and returns them.
func (p *parser) raw(end string) string {
	p.skip()
	start := p.pos
	for p.pos < len(p.text) && strings.IndexByte(end+" \t\r\n", p.text[p.pos]) < 0 {
		p.pos++
	}
	return p.text[start:p.pos]
}

// word reads letters, digits and underscores.
func (p *parser) word() string {
	p.skip()
	start := p.pos
	for p.pos < len(p.text) && isWord(p.text[p.pos]) {
		p.pos++
	}
	return p.text[start:p.pos]
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// keyword moves over the given word if it comes next.
func (p *parser) keyword(want string) bool {
	p.skip()
	start := p.pos
	if p.word() == want {
		return true
	}
	p.pos = start
	return false
}

func (p *parser) quoted() (string, error) {
	p.skip()
	prefix, err := strconv.QuotedPrefix(p.text[p.pos:])
	if err != nil {
		return "", fmt.Errorf("want a quoted string, have %s", p.here())
	}
	p.pos += len(prefix)
	return strconv.Unquote(prefix)
}

// number reads a value's number, "%12".
func (p *parser) number() (int, error) {
	if err := p.expect("%"); err != nil {
		return 0, err
	}
	text := p.word()
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("want the number of a value, have %q", text)
	}
	return int(n), nil
}

// ref reads a reference to a value, which may be declared later.
func (p *parser) ref() (*Value, error) {
	p.skip()
	pos := p.pos
	n, err := p.number()
	if err != nil {
		return nil, err
	}
	if p.values[n] == nil {
		p.values[n] = &Value{}
	}
	p.used = append(p.used, use{n, pos})
	return p.values[n], nil
}

// refs reads a list of references, nil for "_", up to the given end.
func (p *parser) refs(end string) (list []*Value, err error) {
	for !p.accept(end) {
		if list != nil {
			if err := p.expect(","); err != nil {
				return nil, err
			}
		}
		var v *Value
		if !p.accept("_") {
			if v, err = p.ref(); err != nil {
				return nil, err
			}
		}
		list = append(list, v)
	}
	return list, nil
}

// bracketed reads up to the next "]" on the line, and that.
func (p *parser) bracketed() (string, error) {
	p.skip()
	rest, _, _ := strings.Cut(p.text[p.pos:], "\n")
	end := strings.IndexByte(rest, ']')
	if end < 0 {
		return "", fmt.Errorf("want a type or shape, have %s", p.here())
	}
	p.pos += end + 1
	return rest[:end+1], nil
}

// numbers reads numbers on one line up to the given end, which it moves over.
func (p *parser) numbers(end byte) ([]string, error) {
	rest, _, _ := strings.Cut(p.text[p.pos:], "\n")
	n := strings.IndexByte(rest, end)
	if n < 0 {
		return nil, fmt.Errorf("want numbers and %q, have %s", end, p.here())
	}
	p.pos += n + 1
	return strings.Fields(rest[:n]), nil
}
