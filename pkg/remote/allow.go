package remote

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrRefused says that a URL is not on the list of what may be read.
var ErrRefused = errors.New("not allowed")

// Allow lists what a server of a cluster may read for jobs. The empty list allows nothing.
type Allow struct{ rules []place }

// ParseAllow reads BUCKET or BUCKET/PREFIX of S3, and URLs of HTTP servers. What lies below a prefix is allowed: prefixes end at slashes of a name.
func ParseAllow(s3, http []string) (*Allow, error) {
	a := &Allow{}
	for _, text := range s3 {
		p, err := parse("s3://" + strings.TrimPrefix(text, "s3://"))
		if err != nil {
			return nil, fmt.Errorf("%q: want BUCKET or BUCKET/PREFIX", text)
		}
		a.rules = append(a.rules, p)
	}
	for _, text := range http {
		p, err := parse(text)
		if err != nil || p.scheme == "s3" {
			return nil, fmt.Errorf("%q: want a URL such as https://data.example.org/sets", text)
		}
		a.rules = append(a.rules, p)
	}
	return a, nil
}

// Check returns an error that is ErrRefused, and says what would allow it, unless a URL is on the list. Nil is the empty list.
func (a *Allow) Check(url string) error {
	p, err := parse(url)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if a != nil && slices.ContainsFunc(a.rules, func(r place) bool { return r.holds(p) }) {
		return nil
	}
	if p.scheme == "s3" {
		return fmt.Errorf("%w: %s: the bucket is not on this process's list: --allow-s3 %s adds it", ErrRefused, url, p.host)
	}
	return fmt.Errorf("%w: %s: it is not on this process's list: --allow-http %s://%s adds the server", ErrRefused, url, p.scheme, p.host)
}

// holds reports whether a place lies at or below r.
func (r place) holds(p place) bool {
	if r.scheme != p.scheme || r.host != p.host {
		return false
	}
	rest, ok := strings.CutPrefix(p.path, r.path)
	return ok && (rest == "" || r.path == "" || strings.HasSuffix(r.path, "/") || rest[0] == '/')
}
