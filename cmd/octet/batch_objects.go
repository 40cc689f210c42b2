package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/zoo"
)

// findObjects finds models in a bucket: by a glob, or below a prefix. Any other URL stands for itself.
func (b *batch) findObjects(ctx context.Context, pattern string) ([]string, error) {
	root, glob := zoo.Split(strings.TrimSuffix(pattern, "/"))
	if !strings.HasPrefix(pattern, "s3://") || glob == "" && zoo.IsFile(root) {
		return []string{pattern}, nil
	}
	objects, err := b.flags.objects.List(ctx, root+"/")
	if err != nil {
		return nil, err
	}
	names := make([]string, len(objects))
	for i, o := range objects {
		names[i] = strings.TrimPrefix(o.URL, root+"/")
	}
	all, err := zoo.Among(names, glob)
	switch {
	case err != nil:
		return nil, err
	case len(all) == 0:
		return nil, fmt.Errorf("%s: no model there", pattern)
	case all[0] == ".":
		return []string{root}, nil
	}
	for i, name := range all {
		all[i] = root + "/" + name
	}
	return all, nil
}

// objects returns what pins the objects of a model that lies elsewhere, in place of digests of its files, which would have to be read.
func (b *batch) objects(ctx context.Context, url string) (all []part, err error) {
	var list []store.Object
	prefix := url
	if strings.HasPrefix(url, "s3://") && !zoo.IsFile(url) {
		prefix = url + "/"
		list, err = b.flags.objects.List(ctx, prefix)
	} else {
		list = make([]store.Object, 1)
		list[0], err = b.flags.objects.Stat(ctx, url)
	}
	for _, o := range list {
		all = append(all, part{strings.TrimPrefix(o.URL, prefix), digestOf([]any{o.ETag, o.Version, o.Modified, o.Size})})
	}
	return all, err
}
