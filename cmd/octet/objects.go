package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/remote"
	"github.com/octetlite/octet/pkg/store"
)

// objectFlags say how objects in S3 and on HTTP servers are read. They are a client that is made when it is first used.
type objectFlags struct {
	endpoint string
	s3, http []string
	cache    int64
	own      bool // URLs are the user's own, and not a job's

	once   sync.Once
	client *remote.Client
	err    error
}

// add adds the flags of a command whose user names URLs.
func (o *objectFlags) add(cmd *cobra.Command) {
	o.own = true
	o.common(cmd)
	cmd.Flags().StringSliceVar(&o.http, "allow-http", nil, "URL of another server to which the one of a URL may redirect, with the beginning of its paths; may be repeated")
}

// addServer adds the flags of a server, which reads for jobs. It reads nothing that it is not told of.
func (o *objectFlags) addServer(cmd *cobra.Command) {
	o.common(cmd)
	flags := cmd.Flags()
	flags.StringSliceVar(&o.s3, "allow-s3", nil, "BUCKET or BUCKET/PREFIX in which jobs' data may lie; may be repeated")
	flags.StringSliceVar(&o.http, "allow-http", nil, "URL below which jobs' data may lie, https://HOST/PATH; may be repeated")
}

func (o *objectFlags) common(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.endpoint, "s3-endpoint", "", "URL of a server that speaks S3's protocol (default: AWS_ENDPOINT_URL_S3, else Amazon's)")
}

// addCache adds the flag of servers that read.
func (o *objectFlags) addCache(cmd *cobra.Command) {
	cmd.Flags().Int64Var(&o.cache, "object-cache-bytes", 256<<20, "bound of the memory for what was read of S3 and HTTP servers")
}

// allow returns what jobs may read.
func (o *objectFlags) allow() (*remote.Allow, error) {
	a, err := remote.ParseAllow(o.s3, o.http)
	if err != nil {
		return nil, usagef("--allow-s3, --allow-http: %v", err)
	}
	return a, nil
}

// open returns the client.
func (o *objectFlags) open() (*remote.Client, error) {
	o.once.Do(func() {
		var allow *remote.Allow
		if allow, o.err = o.allow(); o.err == nil {
			o.client, o.err = remote.New(remote.Config{Allow: allow, Own: o.own, S3Endpoint: o.endpoint, CacheBytes: o.cache})
		}
	})
	return o.client, o.err
}

// Stat implements dataset.Objects.
func (o *objectFlags) Stat(ctx context.Context, url string) (store.Object, error) {
	c, err := o.open()
	if err != nil {
		return store.Object{}, err
	}
	return c.Stat(ctx, url)
}

// List implements dataset.Objects.
func (o *objectFlags) List(ctx context.Context, pattern string) ([]store.Object, error) {
	c, err := o.open()
	if err != nil {
		return nil, err
	}
	return c.List(ctx, pattern)
}

// OpenObject implements dataset.Objects.
func (o *objectFlags) OpenObject(ctx context.Context, object store.Object) (store.Blob, error) {
	c, err := o.open()
	if err != nil {
		return nil, err
	}
	return c.OpenObject(ctx, object)
}

// option lets datasets lie elsewhere.
func (o *objectFlags) option() dataset.Option { return dataset.Elsewhere(o) }

// readFile reads a file, or an object.
func (o *objectFlags) readFile(ctx context.Context, name string) ([]byte, error) {
	if !remote.Is(name) {
		return os.ReadFile(name)
	}
	var b bytes.Buffer
	if err := o.copy(ctx, &b, name); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// copy writes an object's bytes.
func (o *objectFlags) copy(ctx context.Context, w io.Writer, url string) error {
	object, err := o.Stat(ctx, url)
	if err != nil {
		return err
	}
	return o.copyObject(ctx, w, object)
}

func (o *objectFlags) copyObject(ctx context.Context, w io.Writer, object store.Object) error {
	blob, err := o.OpenObject(ctx, object)
	if err != nil {
		return err
	}
	defer blob.Close()
	const run = 8 << 20 // what is asked for at a time, side by side
	_, err = io.CopyBuffer(onlyWriter{w}, io.NewSectionReader(blob, 0, blob.Size()), make([]byte, min(run, blob.Size()+1)))
	return err
}

// onlyWriter hides what else a writer can do, so that io.CopyBuffer uses its buffer.
type onlyWriter struct{ io.Writer }

// fetch brings an object, or all that lies below a prefix that ends in a slash or holds a SavedModel, into a folder, and returns its path there.
func (o *objectFlags) fetch(ctx context.Context, url, dir string) (string, error) {
	prefix := strings.TrimSuffix(strings.TrimSuffix(url, "saved_model.pb"), "/") + "/"
	if url+"/" != prefix || path.Ext(url) == "" {
		if local, err := o.fetchFolder(ctx, prefix, dir); err != nil || local != "" {
			return local, err
		}
	}
	local := filepath.Join(dir, path.Base(url))
	return local, createFile(local, func(w io.Writer) error { return o.copy(ctx, w, url) })
}

// fetchFolder brings what lies below a prefix into a folder. The path is empty if nothing does.
func (o *objectFlags) fetchFolder(ctx context.Context, prefix, dir string) (string, error) {
	if !strings.HasPrefix(prefix, "s3://") {
		return "", nil
	}
	objects, err := o.List(ctx, prefix)
	if err != nil || len(objects) == 0 {
		return "", err
	}
	local := filepath.Join(dir, path.Base(prefix))
	for _, object := range objects {
		name := filepath.FromSlash(strings.TrimPrefix(object.URL, prefix))
		if !filepath.IsLocal(name) {
			return "", fmt.Errorf("%s: the key is no path within a folder", object.URL)
		}
		file := filepath.Join(local, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return "", err
		}
		if err := createFile(file, func(w io.Writer) error { return o.copyObject(ctx, w, object) }); err != nil {
			return "", err
		}
	}
	return local, nil
}

// checkOutputs is checkOutputs for files and objects.
func (o *objectFlags) checkOutputs(ctx context.Context, outputs, inputs []string) error {
	var local []string
	for i, out := range outputs {
		if !remote.Is(out) {
			local = append(local, out)
			continue
		}
		switch {
		case slices.Contains(inputs, out):
			return usagef("%s is read: write to another object", out)
		case slices.Contains(outputs[:i], out):
			return usagef("two results can't both be written to %s", out)
		}
		c, err := o.open()
		if err == nil {
			err = c.Writable(ctx, out)
		}
		if err != nil {
			return err
		}
	}
	return checkOutputs(local, inputs)
}

// create replaces a file or an object at once.
func (o *objectFlags) create(ctx context.Context, name string, write func(w io.Writer) error) error {
	if !remote.Is(name) {
		return createFile(name, write)
	}
	c, err := o.open()
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp("", "octet-") // its size must be known before it is sent
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	defer tmp.Close()
	if err := write(tmp); err != nil {
		return fmt.Errorf("write %s: %w", name, plain(err))
	}
	size, err := tmp.Seek(0, io.SeekCurrent)
	if err == nil {
		_, err = tmp.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, plain(err))
	}
	return c.Put(ctx, name, tmp, size)
}
