package remote

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path"
	"strings"
)

// Is reports whether text names something that lies elsewhere, and not a file of this machine.
func Is(text string) bool {
	for _, scheme := range []string{"s3://", "http://", "https://"} {
		if strings.HasPrefix(text, scheme) {
			return true
		}
	}
	return false
}

// place is a URL in its parts.
type place struct {
	scheme string // s3, http or https
	host   string // a bucket, or HOST or HOST:PORT in lower case
	path   string // a key as it is; of HTTP the escaped path, with its slash
}

func (p place) String() string {
	if p.scheme == "s3" {
		return "s3://" + p.host + "/" + p.path
	}
	return p.scheme + "://" + p.host + p.path
}

// parse reads a URL. An object has one URL: other spellings of it are refused, and so is what could carry credentials.
func parse(text string) (place, error) {
	p, err := parts(text)
	if err != nil {
		return p, fmt.Errorf("%q: %w", text, err)
	}
	return p, nil
}

func parts(text string) (place, error) {
	if rest, ok := strings.CutPrefix(text, "s3://"); ok {
		bucket, key, _ := strings.Cut(rest, "/")
		if bucket == "" || strings.ContainsAny(bucket, ":@?#%\\ ") {
			return place{}, errors.New("want s3://BUCKET/KEY")
		}
		if strings.ContainsAny(key, "\x00\r\n") {
			return place{}, errors.New("the key holds a control character")
		}
		return place{"s3", bucket, key}, nil
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return place{}, errors.New("not a URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return place{}, errors.New("want s3://BUCKET/KEY, https://HOST/PATH or http://HOST/PATH")
	case u.User != nil:
		return place{}, errors.New("a URL must not hold a name or a password: it travels with jobs")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return place{}, errors.New("a URL must not hold a query, which may be a credential, nor a fragment")
	case u.Hostname() == "" || u.Opaque != "":
		return place{}, errors.New("want a host")
	}
	clean := path.Clean("/" + u.Path)
	if strings.HasSuffix(u.Path, "/") && clean != "/" {
		clean += "/"
	}
	if u.Path != "" && clean != u.Path || strings.Contains(u.Path, "\\") {
		return place{}, errors.New("the path must not hold //, nor the parts . and .. of paths")
	}
	host := strings.ToLower(u.Host)
	if name, port, err := net.SplitHostPort(host); err == nil && port == map[string]string{"http": "80", "https": "443"}[u.Scheme] {
		host = strings.TrimSuffix(host, ":"+port)
		_ = name
	}
	escaped := (&url.URL{Path: clean}).EscapedPath()
	return place{u.Scheme, host, escaped}, nil
}

// canonical parses the URL of an object as a manifest names it.
func canonical(text string) (place, error) {
	p, err := parse(text)
	switch {
	case err != nil:
		return p, err
	case p.String() != text:
		return p, fmt.Errorf("%q: want it as %q", text, p)
	case p.path == "" || strings.HasSuffix(p.path, "/"):
		return p, fmt.Errorf("%q names no object", text)
	}
	return p, nil
}
