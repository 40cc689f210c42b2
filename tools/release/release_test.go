package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"
)

var testStamp = stamp{version: "v1.2.3+dirty", revision: "0123abcd", time: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)}

func testImage(t *testing.T) []byte {
	t.Helper()
	data, err := image(testStamp, []byte("certificates"), []byte("licences"), []contents{
		{"amd64", []byte("program of amd64"), []byte("{}")}, {"arm64", []byte("program of arm64"), []byte("{}")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// untar returns the files of a tar, and checks that nothing in it tells who made it or when.
func untar(t *testing.T, r io.Reader) (map[string][]byte, map[string]*tar.Header) {
	t.Helper()
	files, headers := map[string][]byte{}, map[string]*tar.Header{}
	var names []string
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if !h.ModTime.Equal(testStamp.time) || h.Uname+h.Gname != "" {
			t.Errorf("%s: of %v, by %q and %q", h.Name, h.ModTime, h.Uname, h.Gname)
		}
		data, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		files[h.Name], headers[h.Name] = data, h
		names = append(names, h.Name)
	}
	if !slices.IsSorted(names) {
		t.Errorf("not in order: %v", names)
	}
	return files, headers
}

// TestImage follows an image from its index down to its files, as a runtime does, and checks each digest and size on the way.
func TestImage(t *testing.T) {
	files, _ := untar(t, bytes.NewReader(testImage(t)))
	if got := string(files["oci-layout"]); got != `{"imageLayoutVersion":"1.0.0"}` {
		t.Errorf("oci-layout: %s", got)
	}
	blob := func(d descriptor, into any) []byte {
		t.Helper()
		data, ok := files["blobs/sha256/"+strings.TrimPrefix(d.Digest, "sha256:")]
		if !ok || "sha256:"+digest(data) != d.Digest || len(data) != d.Size {
			t.Fatalf("blob of %+v: there %v, of %d bytes", d, ok, len(data))
		}
		if into != nil {
			if err := json.Unmarshal(data, into); err != nil {
				t.Fatal(err)
			}
		}
		return data
	}
	var top, list index
	if err := json.Unmarshal(files["index.json"], &top); err != nil {
		t.Fatal(err)
	}
	if got := top.Manifests[0].Annotations["org.opencontainers.image.ref.name"]; got != "v1.2.3_dirty" {
		t.Errorf("tag %q", got)
	}
	blob(top.Manifests[0], &list)
	for i, arch := range []string{"amd64", "arm64"} {
		var m manifest
		var c imageConfig
		blob(list.Manifests[i], &m)
		blob(m.Config, &c)
		if p := *list.Manifests[i].Platform; p != (platform{arch, "linux"}) || c.platform != p {
			t.Errorf("platform %v, in the configuration %v", p, c.platform)
		}
		if c.Config.User != "65532:65532" || !slices.Equal(c.Config.Entrypoint, []string{"/octet"}) {
			t.Errorf("%+v", c.Config)
		}
		root, headers := map[string][]byte{}, map[string]*tar.Header{}
		for j, d := range m.Layers {
			z, err := gzip.NewReader(bytes.NewReader(blob(d, nil)))
			if err != nil {
				t.Fatal(err)
			}
			plain, err := io.ReadAll(z)
			if err != nil {
				t.Fatal(err)
			}
			if want := c.RootFS.Diffs[j]; "sha256:"+digest(plain) != want {
				t.Errorf("layer %d is not %s", j, want)
			}
			files, hs := untar(t, bytes.NewReader(plain))
			for name, data := range files {
				root[name], headers[name] = data, hs[name]
			}
		}
		if got := string(root["octet"]); got != "program of "+arch {
			t.Errorf("%s: /octet is %q", arch, got)
		}
		if h := headers["tmp/"]; h.Mode != 0o1777 {
			t.Errorf("/tmp has mode %o", h.Mode)
		}
		for name, h := range headers {
			own := strings.HasSuffix(name, "/octet/") && name != "usr/share/octet/"
			if (h.Uid == nonroot) != own || h.Mode&0o6000 != 0 {
				t.Errorf("%s: of user %d, mode %o", name, h.Uid, h.Mode)
			}
		}
	}
}

func TestImageIsTheSameEachTime(t *testing.T) {
	if !bytes.Equal(testImage(t), testImage(t)) {
		t.Error("two images of the same differ")
	}
}

func TestCertificates(t *testing.T) {
	text, err := certificates()
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(text, []byte("BEGIN CERTIFICATE")); n < 100 {
		t.Errorf("%d authorities", n)
	}
}

func TestSBOM(t *testing.T) {
	p := program{target: target{"linux", "amd64"}, info: &debug.BuildInfo{
		GoVersion: "go1.26.8", Main: debug.Module{Path: "example.com/octet"},
		Deps: []*debug.Module{
			{Path: "example.com/a", Version: "v1.0.0+incompatible", Sum: "h1:a"},
			{Path: "example.com/b", Version: "v1.0.0", Replace: &debug.Module{Path: "example.com/c", Version: "v2.0.0", Sum: "h1:c"}},
		},
	}}
	text, err := sbom(p, testStamp)
	if err != nil {
		t.Fatal(err)
	}
	var b bom
	if err := json.Unmarshal(text, &b); err != nil {
		t.Fatal(err)
	}
	want := []string{"pkg:golang/std@1.26.8", "pkg:golang/example.com/a@v1.0.0%2Bincompatible", "pkg:golang/example.com/c@v2.0.0"}
	if got := b.Dependencies[0].DependsOn; !slices.Equal(got, want) {
		t.Errorf("depends on %v, want %v", got, want)
	}
	if got := b.Metadata.Component.PURL; got != "pkg:golang/example.com/octet@v1.2.3%2Bdirty" {
		t.Errorf("of %s", got)
	}
}

func TestTargets(t *testing.T) {
	for _, bad := range []string{"", "linux", "linux/", "/arm64", "linux/amd64,"} {
		if got, err := parseTargets(bad); err == nil {
			t.Errorf("%q: %v", bad, got)
		}
	}
}
