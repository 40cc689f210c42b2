package coordinator

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/octetlite/octet/pkg/dataset"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// What docs/protocol.md shows is what this program reads, and the numbers that it tells are those of the code.
func TestProtocolPage(t *testing.T) {
	text, err := os.ReadFile("../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	blocks := regexp.MustCompile("(?s)```json (\\S+)\n(.*?)```").FindAllStringSubmatch(page, -1)
	shell := regexp.MustCompile(`echo '(\{"version.*\})' >manifest\.json`).FindStringSubmatch(page)
	if len(blocks) < 3 || len(shell) != 2 {
		t.Fatalf("%d blocks of JSON, %d manifests in the shell", len(blocks), len(shell)-1)
	}
	for _, b := range append(blocks, []string{"", "manifest", shell[1] + "\n"}) {
		if b[1] == "manifest" {
			if _, err := dataset.Decode([]byte(b[2])); err != nil {
				t.Errorf("%v:\n%s", err, b[2])
			}
			continue
		}
		kind, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(b[1]))
		if err != nil {
			t.Fatal(err)
		}
		m := kind.New().Interface()
		if err := protojson.Unmarshal([]byte(b[2]), m); err != nil {
			t.Errorf("%s: %v", b[1], err)
		}
		if req, ok := m.(*octetv1.CreateJobRequest); ok {
			if _, err := requestFromWire(req); err != nil {
				t.Errorf("%s: %v", b[1], err)
			}
		}
	}
	for _, method := range regexp.MustCompile(`call (\w+)/(\w+)`).FindAllStringSubmatch(page, -1) {
		d, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName("octet.v1." + method[1]))
		if err != nil {
			t.Error(err)
		} else if d.(protoreflect.ServiceDescriptor).Methods().ByName(protoreflect.Name(method[2])) == nil {
			t.Errorf("%s has no method %s", method[1], method[2])
		}
	}
	defaults := Config{}.withDefaults()
	for _, want := range []string{
		fmt.Sprintf("up to %d,%03d blobs", maxFind/1000, maxFind%1000), fmt.Sprintf("at most %d MiB of data", chunk>>20),
		fmt.Sprintf("1 to %d characters", maxRequestID), fmt.Sprintf("at most %d,%03d on a page", maxPageSize/1000, maxPageSize%1000),
		fmt.Sprintf("kept for %d days", int(defaults.JobTTL/(24*time.Hour))), map[bool]string{true: "an hour by default"}[defaults.BlobGrace == time.Hour],
		map[bool]string{true: "kept for a day"}[defaults.UploadTTL == 24*time.Hour], map[int]string{8: "failed eight times"}[maxFailures],
		fmt.Sprintf("At most %d,%03d,%03d samples, %d GiB of them", maxStreamSamples/1_000_000, maxStreamSamples/1000%1000, maxStreamSamples%1000, defaults.StreamBytes>>30),
		fmt.Sprintf("%d streams for a namespace", defaults.Streams), map[bool]string{true: "It is deleted a day after"}[defaults.StreamTTL == 24*time.Hour],
		map[bool]string{true: "at the latest a\n   second after a sample has come"}[commitWithin == time.Second],
		map[time.Duration]string{100 * time.Millisecond: "at most ten in a second"}[watchInterval],
	} {
		if want == "" || !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}
