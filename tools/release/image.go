package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// nonroot is the user of the image, by the number that images without a distribution use.
const nonroot = 65532

// rootFiles is the file system of the image, beside the program: nothing that runs, and nothing that is written to. Empty folders are where engines mount the system's, and volumes go.
func rootFiles(certificates []byte) []entry {
	return []entry{
		{name: "dev/", mode: 0o755}, {name: "proc/", mode: 0o555}, {name: "sys/", mode: 0o555},
		{name: "etc/", mode: 0o755},
		{name: "etc/passwd", mode: 0o644, data: []byte("root:x:0:0:root:/:/nonexistent\nnonroot:x:65532:65532:nonroot:/var/lib/octet:/nonexistent\n")},
		{name: "etc/group", mode: 0o644, data: []byte("root:x:0:\nnonroot:x:65532:\n")},
		{name: "etc/octet/", mode: 0o750, uid: nonroot},
		{name: "etc/ssl/", mode: 0o755},
		{name: "etc/ssl/certs/", mode: 0o755},
		{name: "etc/ssl/certs/ca-certificates.crt", mode: 0o644, data: certificates},
		{name: "tmp/", mode: 0o1777},
		{name: "var/", mode: 0o755},
		{name: "var/cache/", mode: 0o755},
		{name: "var/cache/octet/", mode: 0o750, uid: nonroot},
		{name: "var/lib/", mode: 0o755},
		{name: "var/lib/octet/", mode: 0o750, uid: nonroot},
	}
}

// The parts of the OCI image format, version 1, that are written.
type (
	descriptor struct {
		MediaType   string            `json:"mediaType"`
		Digest      string            `json:"digest"`
		Size        int               `json:"size"`
		Platform    *platform         `json:"platform,omitempty"`
		Annotations map[string]string `json:"annotations,omitempty"`
	}
	platform struct {
		Architecture string `json:"architecture"`
		OS           string `json:"os"`
	}
	manifest struct {
		Schema      int               `json:"schemaVersion"`
		MediaType   string            `json:"mediaType"`
		Config      descriptor        `json:"config"`
		Layers      []descriptor      `json:"layers"`
		Annotations map[string]string `json:"annotations,omitempty"`
	}
	index struct {
		Schema      int               `json:"schemaVersion"`
		MediaType   string            `json:"mediaType"`
		Manifests   []descriptor      `json:"manifests"`
		Annotations map[string]string `json:"annotations,omitempty"`
	}
	imageConfig struct {
		Created string `json:"created"`
		platform
		Config struct {
			User         string              `json:"User"`
			ExposedPorts map[string]struct{} `json:"ExposedPorts"`
			Env          []string            `json:"Env"`
			Entrypoint   []string            `json:"Entrypoint"`
			WorkingDir   string              `json:"WorkingDir"`
			Labels       map[string]string   `json:"Labels"`
			StopSignal   string              `json:"StopSignal"`
		} `json:"config"`
		RootFS struct {
			Type  string   `json:"type"`
			Diffs []string `json:"diff_ids"`
		} `json:"rootfs"`
		History []history `json:"history"`
	}
	history struct {
		Created string `json:"created"`
		By      string `json:"created_by"`
	}
)

const (
	typeIndex    = "application/vnd.oci.image.index.v1+json"
	typeManifest = "application/vnd.oci.image.manifest.v1+json"
	typeConfig   = "application/vnd.oci.image.config.v1+json"
	typeLayer    = "application/vnd.oci.image.layer.v1.tar+gzip"
)

// layout collects the blobs of an OCI image layout.
type layout struct {
	stamp
	blobs []entry
	seen  map[string]bool
}

// put adds a blob.
func (l *layout) put(mediaType string, data []byte) descriptor {
	sum := digest(data)
	if !l.seen[sum] {
		l.seen[sum] = true
		l.blobs = append(l.blobs, entry{name: "blobs/sha256/" + sum, mode: 0o644, data: data})
	}
	return descriptor{MediaType: mediaType, Digest: "sha256:" + sum, Size: len(data)}
}

func (l *layout) putJSON(mediaType string, v any) (descriptor, error) {
	data, err := json.Marshal(v)
	return l.put(mediaType, data), err
}

// contents is what an image has in it for one processor.
type contents struct {
	arch          string
	program, sbom []byte
}

// image returns an image for several processors, as a tar of an OCI image layout, which docker, podman, skopeo and crane read.
func image(s stamp, certificates, notices []byte, all []contents) ([]byte, error) {
	l := &layout{stamp: s, seen: map[string]bool{}}
	list := index{Schema: 2, MediaType: typeIndex, Annotations: l.annotations()}
	for _, c := range all {
		d, err := l.add(c, certificates, notices)
		if err != nil {
			return nil, err
		}
		list.Manifests = append(list.Manifests, d)
	}
	top, err := l.putJSON(typeIndex, list)
	if err != nil {
		return nil, err
	}
	top.Annotations = map[string]string{"org.opencontainers.image.ref.name": s.tag(), "io.containerd.image.name": "octet:" + s.tag()}
	top1, err := json.Marshal(index{Schema: 2, MediaType: typeIndex, Manifests: []descriptor{top}})
	if err != nil {
		return nil, err
	}
	files := append(l.blobs,
		entry{name: "blobs/", mode: 0o755}, entry{name: "blobs/sha256/", mode: 0o755}, entry{name: "index.json", mode: 0o644, data: top1},
		entry{name: "oci-layout", mode: 0o644, data: []byte(`{"imageLayoutVersion":"1.0.0"}`)},
	)
	var b bytes.Buffer
	err = tarOf(&b, files, s.time)
	return b.Bytes(), err
}

// add adds the image for one processor. The program has a layer of its own, above what seldom changes.
func (l *layout) add(c contents, certificates, notices []byte) (descriptor, error) {
	config := imageConfig{Created: l.time.Format(time.RFC3339), platform: platform{c.arch, "linux"}}
	config.Config.User = "65532:65532"
	config.Config.ExposedPorts = map[string]struct{}{"8470/tcp": {}, "8471/tcp": {}, "9464/tcp": {}}
	config.Config.Env = []string{"PATH=/", "HOME=/var/lib/octet"}
	config.Config.Entrypoint = []string{"/octet"}
	config.Config.WorkingDir = "/"
	config.Config.Labels = l.annotations()
	config.Config.StopSignal = "SIGTERM"
	config.RootFS.Type = "layers"
	m := manifest{Schema: 2, MediaType: typeManifest, Annotations: l.annotations()}
	for _, layer := range []struct {
		by    string
		files []entry
	}{
		{"folders, users and certificates", rootFiles(certificates)},
		{"octet", []entry{
			{name: "octet", mode: 0o755, data: c.program},
			{name: "usr/", mode: 0o755}, {name: "usr/share/", mode: 0o755}, {name: "usr/share/octet/", mode: 0o755},
			{name: "usr/share/octet/sbom.cdx.json", mode: 0o644, data: c.sbom}, {name: "usr/share/octet/THIRD_PARTY_LICENSES", mode: 0o644, data: notices},
		}},
	} {
		var b bytes.Buffer
		if err := tarOf(&b, layer.files, l.time); err != nil {
			return descriptor{}, err
		}
		config.RootFS.Diffs = append(config.RootFS.Diffs, "sha256:"+digest(b.Bytes()))
		config.History = append(config.History, history{config.Created, layer.by})
		small, err := gzipOf(b.Bytes())
		if err != nil {
			return descriptor{}, err
		}
		m.Layers = append(m.Layers, l.put(typeLayer, small))
	}
	var err error
	if m.Config, err = l.putJSON(typeConfig, config); err != nil {
		return descriptor{}, err
	}
	d, err := l.putJSON(typeManifest, m)
	d.Platform = &config.platform
	return d, err
}

func (s stamp) annotations() map[string]string {
	return map[string]string{
		"org.opencontainers.image.title":    "octet",
		"org.opencontainers.image.version":  s.version,
		"org.opencontainers.image.revision": s.revision,
		"org.opencontainers.image.created":  s.time.Format(time.RFC3339),
		"org.opencontainers.image.licenses": "Apache-2.0",
	}
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
