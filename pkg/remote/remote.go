// Package remote reads and writes objects where they lie: in S3 and what speaks its protocol, and on HTTP servers that serve ranges.
//
// What is read is pinned: an object that has changed since it was found is ErrChanged, never other bytes. Reads are of blocks, several at a time, which are kept in a
// bounded memory; what breaks off is asked for again from where it stopped. Credentials are those of the process's surroundings, never of a job.
package remote

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/octetlite/octet/pkg/store"
)

// Errors that callers tell apart. None of them goes away by trying again.
var (
	ErrNotFound = errors.New("no such object")
	ErrChanged  = errors.New("the object is not the one that the dataset was made of: it has changed since")
	ErrDenied   = errors.New("the server denies access")
	ErrNoRanges = errors.New("the server does not serve ranges of its files: download the file")
)

// Config are a client's settings.
type Config struct {
	// Allow lists what may be read, and where HTTP servers may redirect to. Nil allows nothing.
	Allow *Allow
	// Own says that URLs come from the user who runs the process: then Allow is about redirects to other servers alone.
	Own bool
	// S3Endpoint is the URL of a server that speaks S3's protocol; what the environment says, or else that of AWS, if it is empty.
	S3Endpoint string
	// CacheBytes bounds the memory for blocks that were read; 256 MiB if 0.
	CacheBytes int64
	// Requests is how many are under way at most; 16 if 0.
	Requests int
	// Tries is how often a read is tried again without any progress; 8 if 0.
	Tries int
	// Pause is the time before the second try, which doubles with each further one up to 5 seconds; 100 ms if 0.
	Pause time.Duration
	// Stall is how long a read may show no progress before it is begun again; 30 seconds if 0.
	Stall time.Duration
}

func (c Config) withDefaults() Config {
	c.CacheBytes = cmp.Or(c.CacheBytes, 256<<20)
	c.Requests = cmp.Or(c.Requests, 16)
	c.Tries = cmp.Or(c.Tries, 8)
	c.Pause = cmp.Or(c.Pause, 100*time.Millisecond)
	c.Stall = cmp.Or(c.Stall, 30*time.Second)
	if c.Allow == nil {
		c.Allow = &Allow{}
	}
	return c
}

// protocol is a way of reading objects. Its errors are those above, or temporary.
type protocol interface {
	stat(ctx context.Context, p place) (store.Object, error)
	// get returns n bytes of an object from an offset, or an error that says why the object as it is pinned can't be read.
	get(ctx context.Context, p place, o store.Object, offset, n int64) (io.ReadCloser, error)
}

// Client reads and writes objects. It is safe for concurrent use.
type Client struct {
	config Config
	s3     *s3
	http   *web
	blocks *blocks
}

// New returns a client.
func New(c Config) (*Client, error) {
	c = c.withDefaults()
	s, err := newS3(c)
	if err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	return &Client{config: c, s3: s, http: newWeb(c), blocks: newBlocks(c.CacheBytes, c.Requests)}, nil
}

// protocol checks that a URL may be read and returns how.
func (c *Client) protocol(url string) (protocol, place, error) {
	p, err := parse(url)
	if err != nil {
		return nil, p, err
	}
	if !c.config.Own {
		if err := c.config.Allow.Check(url); err != nil {
			return nil, p, err
		}
	}
	if p.scheme == "s3" {
		return c.s3, p, nil
	}
	return c.http, p, nil
}

// Stat finds an object and pins it.
func (c *Client) Stat(ctx context.Context, url string) (store.Object, error) {
	from, p, err := c.protocol(url)
	if err != nil {
		return store.Object{}, err
	}
	if p, err = canonical(p.String()); err != nil {
		return store.Object{}, err
	}
	var o store.Object
	err = c.retry(ctx, func() (bool, error) {
		o, err = from.stat(ctx, p)
		return false, err
	})
	if err != nil {
		return store.Object{}, fmt.Errorf("%s: %w", url, err)
	}
	o.URL = p.String()
	return o, nil
}

// List pins the objects whose URLs begin as given and, behind their last common slash, match a pattern with *, ? and [], as files match those of a shell; without a pattern all
// below a prefix. They are in ascending order. HTTP servers have no lists.
func (c *Client) List(ctx context.Context, pattern string) ([]store.Object, error) {
	_, p, err := c.protocol(literal(pattern))
	if err != nil {
		return nil, err
	}
	if p.scheme != "s3" {
		return nil, fmt.Errorf("%s: HTTP servers have no lists: name the files, a{00..09}.tar for example", pattern)
	}
	glob := ""
	if p.path != strings.TrimPrefix(pattern, "s3://"+p.host+"/") {
		glob = strings.TrimPrefix(pattern, "s3://"+p.host+"/")
		if _, err := path.Match(glob, ""); err != nil {
			return nil, fmt.Errorf("%s: %w", pattern, err)
		}
	}
	var all []store.Object
	err = c.retry(ctx, func() (bool, error) {
		all, err = c.s3.list(ctx, p)
		return false, err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pattern, err)
	}
	all = slices.DeleteFunc(all, func(o store.Object) bool {
		key := strings.TrimPrefix(o.URL, "s3://"+p.host+"/")
		matches, _ := path.Match(glob, key)
		return strings.HasSuffix(key, "/") || glob != "" && !matches
	})
	slices.SortFunc(all, func(a, b store.Object) int { return strings.Compare(a.URL, b.URL) })
	return all, nil
}

// literal returns what is in front of the first wildcard.
func literal(pattern string) string {
	if at := strings.IndexAny(pattern, "*?["); at >= 0 {
		return pattern[:at]
	}
	return pattern
}

// OpenObject opens an object as it was pinned. Reading is what finds out whether it has changed.
func (c *Client) OpenObject(ctx context.Context, o store.Object) (store.Blob, error) {
	from, _, err := c.protocol(o.URL)
	if err != nil {
		return nil, err
	}
	p, err := canonical(o.URL)
	if err != nil {
		return nil, err
	}
	if o.ETag == "" && o.Version == "" && o.Modified == "" {
		return nil, fmt.Errorf("%s: neither an ETag nor a version pins its content", o.URL)
	}
	return &blob{ctx: ctx, client: c, from: from, place: p, object: o}, nil
}

// Put writes an object of the given size at once: others see it whole or not at all. Only S3 can be written to.
func (c *Client) Put(ctx context.Context, url string, r io.Reader, size int64) error {
	p, err := canonical(url)
	switch {
	case err != nil:
		return err
	case p.scheme != "s3":
		return fmt.Errorf("%s: only s3://BUCKET/KEY can be written to", url)
	}
	if err := c.s3.put(ctx, p, r, size); err != nil {
		return fmt.Errorf("write %s: %w", url, err)
	}
	return nil
}

// Writable finds out, before there is anything to write, whether an object's URL is one and its bucket there.
func (c *Client) Writable(ctx context.Context, url string) error {
	p, err := canonical(url)
	switch {
	case err != nil:
		return err
	case p.scheme != "s3":
		return fmt.Errorf("%s: only s3://BUCKET/KEY can be written to", url)
	}
	return c.retry(ctx, func() (bool, error) {
		err := c.s3.bucket(ctx, p)
		if errors.Is(err, ErrDenied) {
			return false, nil // who may write need not be one who may look
		}
		if errors.Is(err, ErrNotFound) {
			err = fmt.Errorf("write %s: %w: there is no bucket %q", url, ErrNotFound, p.host)
		}
		return false, err
	})
}
