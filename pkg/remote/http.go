package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/octetlite/octet/pkg/guard"
	"github.com/octetlite/octet/pkg/store"
)

// web reads files of HTTP servers.
type web struct{ client *http.Client }

// maxRedirects bounds a chain of redirects.
const maxRedirects = 5

func newWeb(c Config) *web {
	transport := &http.Transport{
		// No proxy: it would connect to what must not be reached from here.
		DialContext:           func(ctx context.Context, _, addr string) (net.Conn, error) { return guard.Dial(ctx, addr) },
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   c.Requests,
		IdleConnTimeout:       time.Minute,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: c.Stall,
		DisableCompression:    true, // a range of compressed bytes is none of the file's
	}
	return &web{&http.Client{Transport: transport, CheckRedirect: func(to *http.Request, via []*http.Request) error {
		first := via[0].URL
		same := to.URL.Host == first.Host && (to.URL.Scheme == first.Scheme || to.URL.Scheme == "https")
		switch {
		case len(via) > maxRedirects:
			return fmt.Errorf("%w: more than %d redirects", ErrRefused, maxRedirects)
		case same && c.Own:
			return nil
		}
		bare := *to.URL
		bare.RawQuery, bare.User = "", nil // of a redirect they are the server's business, and not kept
		if same {
			bare.Scheme = first.Scheme // a better one of the same server is allowed with it
		}
		if err := c.Allow.Check(bare.String()); err != nil {
			return fmt.Errorf("redirect: %w", err)
		}
		return nil
	}}}
}

// stat asks for the first byte, since not all servers say of HEAD what they say of ranges.
func (w *web) stat(ctx context.Context, p place) (store.Object, error) {
	resp, err := w.do(ctx, p, "bytes=0-0", "")
	if err != nil {
		return store.Object{}, err
	}
	defer resp.Body.Close()
	o := store.Object{ETag: etag(resp), URL: p.String()}
	if o.ETag == "" {
		o.Modified = resp.Header.Get("Last-Modified")
	}
	switch {
	case resp.StatusCode == http.StatusRequestedRangeNotSatisfiable: // nothing is all that there is
		_, o.Size, err = contentRange(resp)
	case resp.StatusCode == http.StatusOK && resp.ContentLength == 0: // which has no range
	case resp.StatusCode != http.StatusPartialContent:
		return o, ErrNoRanges
	default:
		_, o.Size, err = contentRange(resp)
	}
	if err == nil && o.ETag == "" && o.Modified == "" {
		err = fmt.Errorf("%w: the server gives neither an ETag nor a time of modification, so nobody could tell whether the file changes: download it", ErrDenied)
	}
	return o, err
}

func (w *web) get(ctx context.Context, p place, o store.Object, offset, n int64) (io.ReadCloser, error) {
	match := ""
	if o.ETag != "" && !strings.HasPrefix(o.ETag, "W/") {
		match = `"` + o.ETag + `"`
	}
	resp, err := w.do(ctx, p, fmt.Sprintf("bytes=%d-%d", offset, offset+n-1), match)
	if err != nil {
		return nil, err
	}
	first, size, err := contentRange(resp)
	switch {
	case resp.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		err = fmt.Errorf("%w: it has become shorter", ErrChanged)
	case resp.StatusCode != http.StatusPartialContent:
		err = ErrNoRanges
	case err != nil:
	case o.ETag != "" && etag(resp) != o.ETag, o.ETag == "" && resp.Header.Get("Last-Modified") != o.Modified:
		err = ErrChanged
	case size != o.Size:
		err = fmt.Errorf("%w: it had %d bytes and has %d", ErrChanged, o.Size, size)
	case first != offset:
		err = fmt.Errorf("the server gives bytes from %d on instead of %d", first, offset)
	}
	if err != nil {
		_ = resp.Body.Close()
		return nil, err
	}
	return resp.Body, nil
}

// do asks for a range. What is no answer about the file is an error.
func (w *web) do(ctx context.Context, p place, bytes, match string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Range", bytes)
	req.Header.Set("Accept-Encoding", "identity")
	if match != "" {
		req.Header.Set("If-Match", match)
	}
	resp, err := w.client.Do(req)
	if err != nil {
		err = withoutURL(err)
		if errors.Is(err, guard.ErrForbidden) {
			err = fmt.Errorf("%w: %w", ErrRefused, err)
		}
		return nil, err
	}
	switch resp.StatusCode {
	case http.StatusOK, http.StatusPartialContent, http.StatusRequestedRangeNotSatisfiable:
		return resp, nil
	}
	_ = resp.Body.Close()
	return nil, statusError(resp.StatusCode, resp.Status)
}

// withoutURL returns an error of a request without its URL: who asked has one, and the one that a redirect led to may hold what lets others in.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// statusError says what a status means.
func statusError(code int, text string) error {
	switch code {
	case http.StatusNotFound, http.StatusGone:
		return ErrNotFound
	case http.StatusPreconditionFailed:
		return ErrChanged
	case http.StatusTooManyRequests, http.StatusRequestTimeout:
		return errors.New(text)
	}
	if code >= 400 && code < 500 {
		return fmt.Errorf("%w: %s", ErrDenied, text)
	}
	return fmt.Errorf("the server answers %s", text)
}

// etag returns a response's ETag, without the quotes of a strong one.
func etag(resp *http.Response) string {
	text := resp.Header.Get("ETag")
	if n := len(text); n >= 2 && text[0] == '"' && text[n-1] == '"' {
		return text[1 : n-1]
	}
	return text
}

// contentRange returns the first position of a range, 0 of none, and the size of the whole.
func contentRange(resp *http.Response) (first, size int64, err error) {
	text, ok := strings.CutPrefix(resp.Header.Get("Content-Range"), "bytes ")
	span, whole, two := strings.Cut(text, "/")
	if !ok || !two {
		return 0, 0, fmt.Errorf("the server says of its range %q", resp.Header.Get("Content-Range"))
	}
	if size, err = strconv.ParseInt(whole, 10, 64); err != nil || size < 0 {
		return 0, 0, fmt.Errorf("the server does not say how large the file is: %q", resp.Header.Get("Content-Range"))
	}
	if span == "*" {
		return 0, size, nil
	}
	start, _, _ := strings.Cut(span, "-")
	if first, err = strconv.ParseInt(start, 10, 64); err != nil {
		return 0, 0, fmt.Errorf("the server says of its range %q", resp.Header.Get("Content-Range"))
	}
	return first, size, nil
}
