//go:build s3

package remote

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/octetlite/octet/internal/s3server"
)

func newClient(t *testing.T, url string) *Client {
	t.Helper()
	s3server.Use(t, url)
	c, err := New(Config{Own: true, Pause: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func put(t *testing.T, c *Client, url string, data []byte) {
	t.Helper()
	if err := c.Put(t.Context(), url, bytes.NewReader(data), int64(len(data))); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, c *Client, url string) ([]byte, error) {
	t.Helper()
	o, err := c.Stat(t.Context(), url)
	if err != nil {
		return nil, err
	}
	b, err := c.OpenObject(t.Context(), o)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.NewSectionReader(b, 0, b.Size()))
}

// TestS3 writes and reads objects of several sizes, in one part and in several, directly and through faults.
func TestS3(t *testing.T) {
	s := s3server.Start(t, "bucket")
	f := s.Put(t)
	for _, url := range []string{s.URL, f.URL} {
		c := newClient(t, url)
		for _, size := range []int{0, 1, 3*blockSize + 17, 2*partSize + 12345} {
			data := noise(size)
			put(t, c, "s3://bucket/a folder/x+y.bin", data)
			got, err := get(t, c, "s3://bucket/a folder/x+y.bin")
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s: %d bytes: %v, right bytes: %v", url, size, err, bytes.Equal(got, data))
			}
		}
	}
	if f.Failed.Load() == 0 || f.Cut.Load() == 0 || f.Slowed.Load() == 0 {
		t.Errorf("%d failed, %d cut, %d slowed: the test tests nothing", f.Failed.Load(), f.Cut.Load(), f.Slowed.Load())
	}
	t.Logf("%d failed, %d cut, %d slowed", f.Failed.Load(), f.Cut.Load(), f.Slowed.Load())
}

func TestS3Lists(t *testing.T) {
	s := s3server.Start(t, "bucket")
	c := newClient(t, s.URL)
	for _, key := range []string{"set/a.png", "set/b.png", "set/sub/c.png", "set/d.txt", "settled/e.png", "set/[f].png"} {
		put(t, c, "s3://bucket/"+key, []byte(key))
	}
	for pattern, want := range map[string][]string{
		"s3://bucket/set/":          {"set/[f].png", "set/a.png", "set/b.png", "set/d.txt", "set/sub/c.png"},
		"s3://bucket/set/*.png":     {"set/[f].png", "set/a.png", "set/b.png"},
		"s3://bucket/set*/?.png":    {"set/a.png", "set/b.png", "settled/e.png"},
		"s3://bucket/set/[b-d].*":   {"set/b.png", "set/d.txt"},
		"s3://bucket/none/":         nil,
		`s3://bucket/set/\[*`:       nil, // the literal beginning holds the backslash
		"s3://bucket/set/sub/c.png": {"set/sub/c.png"},
	} {
		list, err := c.List(t.Context(), pattern)
		var got []string
		for _, o := range list {
			got = append(got, strings.TrimPrefix(o.URL, "s3://bucket/"))
			if b, err := c.OpenObject(t.Context(), o); err != nil {
				t.Error(err)
			} else if data, err := io.ReadAll(io.NewSectionReader(b, 0, b.Size())); err != nil || "s3://bucket/"+string(data) != o.URL {
				t.Errorf("%s holds %q, %v", o.URL, data, err)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v, %s", pattern, err, diff)
		}
	}
}

func TestS3Refusals(t *testing.T) {
	s := s3server.Start(t, "bucket")
	c := newClient(t, s.URL)
	data := noise(2*blockSize + 1)
	put(t, c, "s3://bucket/x", data)
	o, err := c.Stat(t.Context(), "s3://bucket/x")
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.OpenObject(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.ReadAt(make([]byte, 10), 0); err != nil {
		t.Fatal(err)
	}
	put(t, c, "s3://bucket/x", noise(2*blockSize + 2)[1:])
	if _, err := b.ReadAt(make([]byte, 10), 2*blockSize-5); !errors.Is(err, ErrChanged) || !strings.Contains(err.Error(), "s3://bucket/x") {
		t.Errorf("an object that was replaced: %v", err)
	}
	if _, err := c.Stat(t.Context(), "s3://bucket/none"); !errors.Is(err, ErrNotFound) {
		t.Errorf("no object: %v", err)
	}
	if _, err := c.Stat(t.Context(), "s3://nowhere/x"); !errors.Is(err, ErrNotFound) {
		t.Errorf("no bucket: %v", err)
	}
	if _, err := c.List(t.Context(), "s3://nowhere/"); !errors.Is(err, ErrNotFound) {
		t.Errorf("no bucket to list: %v", err)
	}
	if err := c.Writable(t.Context(), "s3://bucket/new"); err != nil {
		t.Error(err)
	}
	if err := c.Writable(t.Context(), "s3://nowhere/new"); !errors.Is(err, ErrNotFound) {
		t.Errorf("no bucket to write to: %v", err)
	}
	t.Setenv("AWS_SECRET_ACCESS_KEY", "wrong")
	stranger, err := New(Config{Own: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stranger.Stat(t.Context(), "s3://bucket/x"); !errors.Is(err, ErrDenied) {
		t.Errorf("the wrong key: %v", err)
	}
}

// TestCredentialsOfAFile finds credentials where the tools of others keep them.
func TestCredentialsOfAFile(t *testing.T) {
	s := s3server.Start(t, "bucket")
	put(t, newClient(t, s.URL), "s3://bucket/x", []byte("x"))
	file := filepath.Join(t.TempDir(), "credentials")
	text := "[default]\naws_access_key_id = nobody\naws_secret_access_key = x\n[work]\naws_access_key_id = " + s3server.Key + "\naws_secret_access_key = " + s3server.Secret + "\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file)
	for profile, ok := range map[string]bool{"work": true, "": false} {
		t.Setenv("AWS_PROFILE", profile)
		c, err := New(Config{Own: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Stat(t.Context(), "s3://bucket/x"); (err == nil) != ok {
			t.Errorf("profile %q: %v", profile, err)
		}
	}
}
