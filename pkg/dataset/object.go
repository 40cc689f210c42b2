package dataset

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/octetlite/octet/pkg/store"
)

// Objects reads what lies elsewhere: objects of S3, files of HTTP servers. It is safe for concurrent use.
type Objects interface {
	// Stat finds an object and pins its content.
	Stat(ctx context.Context, url string) (store.Object, error)
	// List pins the objects that a pattern matches, or that lie below a prefix that ends in a slash, in ascending order.
	List(ctx context.Context, pattern string) ([]store.Object, error)
	// OpenObject opens an object as it was pinned. What is returned may implement Prefetcher.
	OpenObject(ctx context.Context, o store.Object) (store.Blob, error)
}

// Prefetcher is a blob that can begin to read what will be wanted soon. Prefetch does not wait for it; false if there is too much to do already.
type Prefetcher interface{ Prefetch(offset, n int64) bool }

// Option is a setting of Build and Open.
type Option func(*access)

// access is how to read what does not lie in a store, and what is to be known of what is read.
type access struct {
	objects Objects
	unnamed bool // the digest is not asked for
}

// Elsewhere is how to read what does not lie in files or in the store. Without it, such data are an error.
func Elsewhere(o Objects) Option { return func(to *access) { to.objects = o } }

func accessOf(list []Option) access {
	o := access{objects: nowhere{}}
	for _, f := range list {
		f(&o)
	}
	return o
}

// ErrElsewhere is the error of data elsewhere, for those who were not told how to read them.
var ErrElsewhere = errors.New("data in S3 or on HTTP servers can't be read here")

type nowhere struct{}

func (nowhere) Stat(context.Context, string) (store.Object, error) {
	return store.Object{}, ErrElsewhere
}
func (nowhere) List(context.Context, string) ([]store.Object, error) { return nil, ErrElsewhere }
func (nowhere) OpenObject(context.Context, store.Object) (store.Blob, error) {
	return nil, ErrElsewhere
}

// elsewhere reports whether a path is a URL.
func elsewhere(path string) bool {
	scheme, _, ok := strings.Cut(path, "://")
	return ok && slices.Contains([]string{"s3", "http", "https"}, scheme)
}

// checkObject checks what a manifest says of an object. Whoever opens it checks its URL.
func checkObject(o store.Object) error {
	switch {
	case !elsewhere(o.URL):
		return fmt.Errorf("%q is no URL of S3 or HTTP", o.URL)
	case o.ETag == "" && o.Version == "" && o.Modified == "":
		return fmt.Errorf("%s: neither an ETag nor a version pins its content", o.URL)
	case len(o.URL) > maxMark || len(o.ETag) > maxMark || len(o.Version) > maxMark || len(o.Modified) > maxMark:
		return fmt.Errorf("%.64s…: a URL, an ETag or a version has more than %d bytes", o.URL, maxMark)
	}
	return nil
}

// maxMark bounds a URL and what pins an object's content, in bytes.
const maxMark = 2048

// remote lists the objects that a URL or a pattern names.
func (b *builder) remote(pattern string) ([]store.Object, error) {
	var objects []store.Object
	var err error
	switch {
	case strings.HasSuffix(pattern, "/"):
		return nil, errors.New("it is a folder, want files")
	case strings.ContainsAny(pattern, wildcards):
		objects, err = b.objects.List(b.ctx, pattern)
	default:
		objects = make([]store.Object, 1)
		objects[0], err = b.objects.Stat(b.ctx, pattern)
	}
	if err != nil {
		return nil, err
	}
	if len(objects) == 0 {
		return nil, fmt.Errorf("%w: no object matches", ErrEmpty)
	}
	return objects, nil
}

// founds returns objects as found, named without the folder that they share.
func (b *builder) founds(objects []store.Object) []found {
	urls := make([]string, len(objects))
	for i, o := range objects {
		urls[i] = o.URL
	}
	names := relative(urls)
	files := make([]found, len(objects))
	for i := range objects {
		files[i] = b.foundObject(names[i], objects[i])
	}
	return files
}

func (b *builder) foundObject(name string, o store.Object) found {
	return found{name: name, open: func() (*input, error) {
		blob, err := b.objects.OpenObject(b.ctx, o)
		if err != nil {
			return nil, err
		}
		return &input{name: name, size: o.Size, ReaderAt: blob, Closer: blob, at: &o}, nil
	}}
}

// remoteFolder lists the pictures below a prefix, as folder does those of a folder.
func (b *builder) remoteFolder(prefix string) ([]found, error) {
	prefix = strings.TrimSuffix(prefix, "/") + "/"
	objects, err := b.objects.List(b.ctx, prefix)
	if err != nil {
		return nil, err
	}
	var files []found
	for _, o := range objects {
		name := strings.TrimPrefix(o.URL, prefix)
		hidden := strings.HasPrefix(name, ".") || strings.Contains(name, "/.")
		if !hidden && pictureExtensions[strings.ToLower(path.Ext(name))] {
			files = append(files, b.foundObject(name, o))
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%w: no .jpg, .png or .webp objects lie below the prefix", ErrEmpty)
	}
	slices.SortFunc(files, func(a, b found) int { return strings.Compare(a.name, b.name) })
	return files, nil
}
