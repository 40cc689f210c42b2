//go:build unix

package main

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/octetlite/octet/client"
	"github.com/octetlite/octet/internal/freeport"
	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/credential"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/store"
	"github.com/octetlite/octet/pkg/tflite"
)

// stranger is a client of a cluster that means it no good: it says what the program's own commands never would.
type stranger struct {
	t    *testing.T
	c    *client.Client
	jobs int
}

func (s *stranger) upload(data []byte) client.Ref {
	s.t.Helper()
	ref := client.Ref{Digest: store.Of(data), Size: int64(len(data))}
	if err := s.c.Blobs.Upload(s.t.Context(), ref, bytes.NewReader(data), nil); err != nil {
		s.t.Fatal(err)
	}
	return ref
}

// dataset uploads a manifest, and the blobs that it names.
func (s *stranger) dataset(text string, blobs ...[]byte) *client.Ref {
	s.t.Helper()
	for _, b := range blobs {
		s.upload(b)
	}
	ref := s.upload([]byte(text))
	return &ref
}

// run creates a job, and returns what it says at its end, or why there is none; "" if it succeeded.
func (s *stranger) run(spec client.Spec) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	s.jobs++
	j, err := s.c.Create(ctx, fmt.Sprint("hostile-", s.jobs), spec)
	if err == nil {
		j, err = s.c.Watch(ctx, j.ID, nil)
	}
	switch {
	case err != nil:
		return "not taken: " + err.Error()
	case j.Error == nil:
		return ""
	}
	return fmt.Sprintf("%s: %s %s", j.Error.Kind, j.Error.Sample, j.Error.Message)
}

func encoded(t *testing.T, m *ir.Model) []byte {
	t.Helper()
	data, err := tflite.Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// datasetOf returns the manifest of a dataset for a model.
func datasetOf(t *testing.T, m *ir.Model, spec string) string {
	t.Helper()
	var inputs []dataset.Input
	for _, p := range m.Signatures[0].Inputs {
		inputs = append(inputs, dataset.Input{Name: p.Name, Tensor: p.Value.Name, DType: p.Value.Type.DType, Shape: p.Value.Type.Shape})
	}
	made, err := dataset.Build(t.Context(), spec, inputs, store.NewOverlay(store.NewMemory()))
	if err != nil {
		t.Fatal(err)
	}
	text, err := made.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// zipped is an archive of one file, of so many MiB of zeros behind a text.
func zipped(t *testing.T, name, text string, size int) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, err := z.Create(name)
	for part := []byte(text); err == nil; part = make([]byte, 1<<20) {
		if _, err = w.Write(part); size == 0 {
			break
		}
		size--
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// pngOf returns a black picture of 16 bits a channel, four of them, whose header may say that its sides are longer. It takes little, whatever its size.
func pngOf(t *testing.T, side, says int) []byte {
	t.Helper()
	out := []byte("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, data []byte) {
		out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
		body := append([]byte(kind), data...)
		out = binary.BigEndian.AppendUint32(append(out, body...), crc32.ChecksumIEEE(body))
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(says)), uint32(says))
	chunk("IHDR", append(head, 16, 6, 0, 0, 0))
	var rows bytes.Buffer
	z := zlib.NewWriter(&rows)
	for range side {
		if _, err := z.Write(make([]byte, 1+8*side)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	chunk("IDAT", rows.Bytes())
	chunk("IEND", nil)
	return out
}

// progressive is a JPEG of a few hundred bytes that says that it is of 67 million pixels, whose coefficients come one scan after the other.
func progressive(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, image.NewYCbCr(image.Rect(0, 0, 16, 16), image.YCbCrSubsampleRatio444), nil); err != nil {
		t.Fatal(err)
	}
	data := out.Bytes()
	frame := bytes.Index(data, []byte{0xff, 0xc0})
	scan := bytes.Index(data, []byte{0xff, 0xda})
	if frame < 0 || scan < 0 {
		t.Fatal("the encoder writes something else")
	}
	data[frame+1] = 0xc2
	binary.BigEndian.PutUint16(data[frame+5:], 8184)
	binary.BigEndian.PutUint16(data[frame+7:], 8184)
	data[scan+2+int(binary.BigEndian.Uint16(data[scan+2:]))-2] = 0 // the last coefficient of the scan
	return data
}

// TestHostileJobs throws what strangers may send at a cluster of processes, the way that clients send it: through the coordinator into a worker's process. Each job ends, in its client's words, while
// another client's conversions go on beside it; and at the end the same processes live, with nothing of the stranger's in their memory.
func TestHostileJobs(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a cluster of processes; -short is for the race detector, which they are not built with")
	}
	h := newHost(t)
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, role := range [][]string{{"coordinator"}, {"worker"}, {"client", "--namespace", "vision"}, {"client", "--namespace", "mallory"}} {
		octet(t, append([]string{"token", "--tokens", in("tokens"), "-o", in(role[len(role)-1])}, role...)...)
	}
	addr := freeport.Addr(t)
	const memory = "335544320"
	lead := start(t, "coordinator", h.program, "coordinator", "--etcd", h.etcd, "--listen", addr, "--data-dir", t.TempDir(), "--store", in("store"), "--lease", lease.String(),
		"--tokens", in("tokens"), "--token-file", in("coordinator"), "--sandbox-memory", memory, "--model-timeout", "20s", "--allow-http", "http://data.invalid/sets", "--allow-s3", "sets/public")
	lead.wait(t, "coordinator_started", nil)
	work := start(t, "worker", h.program, "worker", "--etcd", h.etcd, "--slots", "2", "--data-dir", in("cache"), "--tokens", in("tokens"), "--token-file", in("worker"),
		"--sandbox-memory", memory, "--sample-timeout", "5s", "--allow-http", "http://data.invalid/sets", "--allow-s3", "sets/public")
	work.wait(t, "worker_started", nil)
	lead.wait(t, "worker_found", nil)

	token, err := credential.OpenBearer(in("mallory"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.Dial(addr, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithPerRPCCredentials(token))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s := &stranger{t: t, c: c}

	// The other client converts all the time.
	conv := writeConv(t)
	convert := func(seed int) string {
		out := filepath.Join(t.TempDir(), "out.tflite")
		octet(t, "convert", conv, "-o", out, "--data", fmt.Sprintf("random:normal?samples=8&seed=%d", seed), "--coordinator", addr, "--token-file", in("vision"), "--no-cache")
		return sum(t, out)
	}
	want := convert(1)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var others sync.WaitGroup
	n := 0
	others.Go(func() {
		for ctx.Err() == nil {
			if got := convert(1); got != want {
				t.Errorf("beside the stranger's jobs another's become %s, want %s", got, want)
			}
			n++
			select {
			case <-ctx.Done():
			case <-time.After(500 * time.Millisecond):
			}
		}
	})

	model := encoded(t, testmodel.Conv())
	source := s.upload(model)
	pictures := t.TempDir()
	picture := pngOf(t, 9, 9)
	for _, name := range []string{"a.png", "b.png"} {
		if err := os.WriteFile(filepath.Join(pictures, name), picture, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	manifest := datasetOf(t, testmodel.Conv(), pictures+"?resize=8x8")
	random := datasetOf(t, testmodel.Conv(), "random:normal?samples=8&seed=1")
	changed := func(text, old, by string) string {
		out := strings.Replace(text, old, by, 1)
		if out == text {
			t.Fatalf("%q is not in %s", old, text)
		}
		return out
	}
	// instead returns the dataset with other bytes in place of the picture.
	instead := func(data []byte) *client.Ref {
		t.Helper()
		return s.dataset(changed(manifest, fmt.Sprintf(`"digest":"%s","size":%d`, store.Of(picture), len(picture)), fmt.Sprintf(`"digest":"%s","size":%d`, store.Of(data), len(data))), data)
	}
	// at returns the dataset with the picture at a URL.
	at := func(url string) *client.Ref {
		t.Helper()
		return s.dataset(changed(manifest, `"name":"a.png"`, `"name":"a.png","at":{"url":"`+url+`","etag":"x"}`))
	}
	int8 := func(d *client.Ref) client.Spec {
		return client.Spec{Source: source, SourceName: "m.tflite", Scheme: "int8", Dataset: d}
	}
	of := func(data []byte, name string) client.Spec {
		return client.Spec{Source: s.upload(data), SourceName: name, Scheme: "dynamic"}
	}
	loop, table := testmodel.Endless(), testmodel.Vast()
	endless, huge := int8(s.dataset(datasetOf(t, loop, "random:uniform?samples=4&low=0&high=2"))), int8(s.dataset(datasetOf(t, table, "random:normal?samples=2")))
	endless.Source, huge.Source = s.upload(encoded(t, loop)), s.upload(encoded(t, table))
	if good := s.run(int8(s.dataset(manifest, picture))); good != "" {
		t.Fatalf("a job that nothing is wrong with: %s", good)
	}

	// What no worker has memory for waits for one that has, and says so.
	waits, err := c.Create(t.Context(), "huge", huge)
	if err != nil {
		t.Fatal(err)
	}
	await(t, "a job that no worker has memory for", func() bool {
		j, err := c.Get(t.Context(), waits.ID)
		return err == nil && strings.Contains(j.Progress.Waiting, "memory")
	})
	if _, err := c.Cancel(t.Context(), waits.ID); err != nil {
		t.Error(err)
	}
	// The model is fine, and what is said to be quantized of it is not.
	compared := client.Spec{Source: s.upload(encoded(t, testmodel.While())), SourceName: "m.tflite", Dataset: endless.Dataset, Quantized: &endless.Source, Verification: &client.Verification{Task: "distance"}}
	var laughs strings.Builder
	laughs.WriteString("rules:\n- &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := range 12 {
		fmt.Fprintf(&laughs, "- &a%d [*a%d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d]\n", i+1, i)
	}
	for _, tt := range []struct {
		name string
		spec client.Spec
		want string // among others; or one of several, with | between
	}{
		{"a loop without end", endless, "there was no progress for 5s|did not end after 16777216 iterations"},
		{"no model", of([]byte("no model"), "m.tflite"), "bad_input"},
		{"a model that is all offsets", of(bytes.Repeat([]byte{0xff, 0xff, 0xff, 0x7f}, 1<<10), "m.tflite"), "bad_input"},
		{"half a model", of(model[:len(model)/2], "m.tflite"), "bad_input"},
		{"a path for a name", of([]byte("no model"), "../../../../etc/passwd"), "bad_input"},
		{"an archive of a huge configuration", of(zipped(t, "config.json", `{"class_name": "`, 1<<10), "m.keras"), "bad_input"},
		{"an archive of a deep configuration", of(zipped(t, "config.json", `{"class_name": "Sequential", "config": `+strings.Repeat("[", 9<<20), 0), "m.keras"), "bad_input"},
		{"an archive with a path", of(zipped(t, "../../../../tmp/config.json", "{}", 0), "m.keras"), "bad_input"},
		{"a picture of ten billion pixels", int8(instead(pngOf(t, 9, 100_000))), "100000 by 100000 pixels: the limit is"},
		{"a picture that lies about its size", int8(instead(pngOf(t, 9, 4000))), "bad_input"},
		{"a picture that takes half a GiB", int8(instead(pngOf(t, 8190, 8190))), "more memory was wanted than the 320 MiB"},
		{"a picture that takes 800 MB before its first pixel", int8(instead(progressive(t))), "more memory was wanted than the 320 MiB"},
		{"no picture", int8(instead([]byte("\xff\xd8\xff\xe0 no picture"))), "bad_input"},
		{"an empty file", int8(instead(nil)), "bad_input"},
		{"a device", int8(at("file:///dev/zero")), "not taken"},
		{"the metadata service", int8(at("http://169.254.169.254/latest")), "not taken: create job: rpc error: code = PermissionDenied"},
		{"the metadata service, mapped", int8(at("http://[::ffff:a9fe:a9fe]/latest")), "not taken: create job: rpc error: code = PermissionDenied"},
		{"beside what is allowed", int8(at("http://data.invalid/setsx/a.png")), "not taken: create job: rpc error: code = PermissionDenied"},
		{"out of what is allowed", int8(at("http://data.invalid/sets/../private/a.png")), "not taken"},
		{"another's bucket", int8(at("s3://private/a.png")), "not taken: create job: rpc error: code = PermissionDenied"},
		{"beside its prefix", int8(at("s3://sets/publicity/a.png")), "not taken: create job: rpc error: code = PermissionDenied"},
		{"a server with a password", int8(at("http://user:secret@data.invalid/sets/a.png")), "not taken"},
		{"a path for a digest", int8(s.dataset(changed(manifest, string(store.Of(picture)), "../../../../../../../../../../../../../../../../../../../etc/passwd"))), "not taken"},
		{"more samples than there are", int8(s.dataset(changed(manifest, `"samples":2`, `"samples":16777216`))), "not taken"},
		{"an input of all bits", int8(s.dataset(changed(random, `"shape":[1,8,8,3]`, `"shape":[2147483647,2147483647,2147483647]`))), "not taken"},
		{"deep JSON", int8(s.dataset(strings.Repeat("[", 1<<22))), "not taken"},
		{"blobs without end", int8(s.dataset(`{"version":1,"inputs":[],"samples":1,"images":{"files":[{}` + strings.Repeat(",{}", 12<<20) + "]}}\n")), "more memory was wanted than the 320 MiB"},
		{"ranges that are none", client.Spec{Source: source, Scheme: "int8", Ranges: s.dataset(strings.Repeat("[", 1<<22)), RangesName: "ranges.json"}, "bad_input"},
		{"a recipe that multiplies", client.Spec{Source: source, Scheme: "dynamic", Recipe: laughs.String()}, "not taken"},
		{"a deep recipe", client.Spec{Source: source, Scheme: "dynamic", Recipe: strings.Repeat("[", 60_000)}, "not taken"},
		{"a quantized model without end", compared, "there was no progress for 5s|did not end after 16777216 iterations"},
		{"labels that are none", client.Spec{Source: source, Scheme: "int8", Dataset: s.dataset(random), Verification: &client.Verification{Samples: 2, Labels: s.dataset("\xff\xff\xff\xff\xff\xff\xff\x7f")}}, "bad_input"},
	} {
		begun := time.Now()
		got := s.run(tt.spec)
		t.Logf("%s, after %v: %.200s", tt.name, time.Since(begun).Round(time.Millisecond), got)
		wanted := slices.ContainsFunc(strings.Split(tt.want, "|"), func(want string) bool { return strings.Contains(got, want) })
		if !wanted || strings.Contains(got, "internal: ") || strings.Contains(got, "unavailable: ") {
			t.Errorf("%s: %.500s; want %q", tt.name, got, tt.want)
		}
	}

	// Whatever becomes of a model that is slightly damaged, it is the model's fault.
	chance := rand.New(rand.NewPCG(1, 2))
	for i := range 30 {
		broken := bytes.Clone(model)
		for range 1 + i%4 {
			broken[chance.IntN(len(broken))] = byte(chance.Uint32())
		}
		spec := int8(s.dataset(random))
		spec.Source = s.upload(broken)
		if got := s.run(spec); strings.HasPrefix(got, "internal: ") || strings.HasPrefix(got, "unavailable: ") || strings.HasPrefix(got, "not taken") {
			t.Errorf("damaged model %d: %s", i, got)
		}
	}

	stop()
	others.Wait()
	if n == 0 {
		t.Error("the other client came to nothing")
	}
	t.Logf("%d jobs of another client beside %d hostile ones", n, s.jobs)
	for _, p := range []*process{lead, work} {
		if err := p.cmd.Process.Signal(syscall.Signal(0)); err != nil {
			t.Errorf("%s has ended: %v", p.name, err)
		}
		if all := p.entries("panic"); len(all) > 0 {
			t.Errorf("%s: %v", p.name, all)
		}
	}
	if all := lead.entries("worker_gone"); len(all) > 0 {
		t.Errorf("the worker went: %v", all)
	}
}
