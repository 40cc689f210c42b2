package credential

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Role says what a caller may do; which calls these are is a table of package guard.
type Role string

// The roles.
const (
	Client      Role = "client"      // runs conversions in its namespace
	Reader      Role = "reader"      // looks at the jobs of its namespace, or of all of them
	Worker      Role = "worker"      // reads what shards need, and writes what they yield
	Coordinator Role = "coordinator" // gives shards to workers
	Operator    Role = "operator"    // everything that people do, in all namespaces
)

// namespaced says whether a role's token has a namespace.
var namespaced = map[Role]struct{ may, must bool }{
	Client: {may: true, must: true}, Reader: {may: true}, Worker: {}, Coordinator: {}, Operator: {},
}

// Caller is who calls.
type Caller struct {
	Role      Role
	Namespace string // "" for those who see all
}

// Sees reports whether what belongs to a namespace is the caller's to see.
func (c Caller) Sees(namespace string) bool { return c.Namespace == "" || c.Namespace == namespace }

// Check reports a caller that can't be.
func (c Caller) Check() error {
	rule, ok := namespaced[c.Role]
	switch {
	case !ok:
		return fmt.Errorf("role %q: want client, reader, worker, coordinator or operator", c.Role)
	case rule.must && c.Namespace == "":
		return fmt.Errorf("role %s needs a namespace", c.Role)
	case !rule.may && c.Namespace != "":
		return fmt.Errorf("role %s has no namespace", c.Role)
	case c.Namespace != "" && !namespaces.MatchString(c.Namespace):
		return fmt.Errorf("namespace %q: want up to 63 of a-z, 0-9 and -, and no - in front", c.Namespace)
	}
	return nil
}

var namespaces = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// Token is a secret that a caller is known by.
type Token string

const tokenPrefix = "octet_"

// MakeToken returns a token for a role: those of coordinators are keys.
func MakeToken(r Role) Token {
	if r == Coordinator {
		return NewKey()
	}
	return NewToken()
}

// NewToken returns a token of 256 random bits, as text of its own alphabet.
func NewToken() Token {
	var bits [32]byte
	rand.Read(bits[:]) // never fails
	return Token(tokenPrefix + hex.EncodeToString(bits[:]))
}

// String keeps a token out of logs and messages.
func (Token) String() string { return "[token]" }

// GoString does so too.
func (Token) GoString() string { return "[token]" }

type hash = [sha256.Size]byte

// entry is a token's line.
type entry struct {
	hash   hash
	caller Caller
}

// Line returns the line of a file of tokens that makes a token known.
func Line(t Token, c Caller) string {
	sum := sha256.Sum256([]byte(t.shown()))
	return strings.TrimSpace(fmt.Sprintf("%x %s %s", sum, c.Role, c.Namespace))
}

// Tokens are the tokens that a server knows, by their hashes.
type Tokens struct {
	file   *reloaded[[]entry] // nil without
	issued []entry
}

// OpenTokens reads a file of tokens: on each line the SHA-256 of a token, or of a key's public half, in hex, a role, and a namespace if the role has one. Empty lines, and those that start with #, mean nothing.
// report is as in Open.
func OpenTokens(path string, report func(error)) (*Tokens, error) {
	file, err := newReloaded(report, func(texts [][]byte) ([]entry, error) {
		all, err := parseTokens(texts[0])
		if err != nil {
			err = fmt.Errorf("%s:%w", path, err)
		}
		return all, err
	}, path)
	if err != nil {
		return nil, fmt.Errorf("tokens: %w", err)
	}
	return &Tokens{file: file}, nil
}

// Issue makes a token that is known for as long as the process lives. It must not be called while tokens are looked up.
func (t *Tokens) Issue(c Caller) Token {
	token := MakeToken(c.Role)
	t.issued = append(t.issued, entry{sha256.Sum256([]byte(token.shown())), c})
	return token
}

// Find returns whom what was sent to a server stands for; false if it is not known. audience is the HOST:PORT that others reach the server at. How long it takes says nothing of the tokens
// that are known but their number.
func (t *Tokens) Find(sent, audience string) (Caller, bool) {
	token, ok := proven(sent, audience)
	if !ok {
		return Caller{}, false
	}
	all := t.issued
	if t.file != nil {
		all = slices.Concat(t.file.get(), all)
	}
	sum := sha256.Sum256([]byte(token))
	found := -1
	for i, e := range all {
		found = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(sum[:], e.hash[:]), i, found)
	}
	if found < 0 {
		return Caller{}, false
	}
	return all[found].caller, true
}

func parseTokens(text []byte) ([]entry, error) {
	var all []entry
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		e, err := parseToken(strings.Fields(line))
		if err == nil && slices.ContainsFunc(all, func(o entry) bool { return o.hash == e.hash }) {
			err = errors.New("the token has a line already")
		}
		if err != nil {
			return nil, fmt.Errorf("%d: %w", n, err)
		}
		all = append(all, e)
	}
	return all, lines.Err()
}

func parseToken(fields []string) (e entry, err error) {
	if len(fields) != 2 && len(fields) != 3 {
		return entry{}, errors.New("want the SHA-256 of a token, a role, and a namespace if the role has one")
	}
	// The text is not repeated: it may be the token itself.
	if n, err := hex.Decode(e.hash[:], []byte(fields[0])[:min(len(fields[0]), 2*sha256.Size)]); err != nil || n != sha256.Size || len(fields[0]) != 2*sha256.Size {
		return entry{}, errors.New("the first field is no SHA-256 in hex")
	}
	e.caller.Role = Role(fields[1])
	if len(fields) == 3 {
		e.caller.Namespace = fields[2]
	}
	return e, e.caller.Check()
}
