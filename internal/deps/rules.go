// Package deps holds the import rules of the house as data. Its test reads every Go file of the module, for every
// platform and build tag, and fails on an import that no row allows.
package deps

// Module is the path in front of every package of ours.
const Module = "github.com/octetlite/octet"

// Room is a package, or a tree of packages if Path ends in "/...", and the packages of ours that it may import.
type Room struct {
	Path string
	May  []string
}

// Rooms lists all packages. A room imports only rooms that stand above it, so that the order itself rules cycles out.
// These rules bind what is built into a program; Tests says what test files may import beyond them.
var Rooms = []Room{
	// Leaves: they import nothing of ours, but for the places at which tests have processes die.
	{Path: "internal/failpoint"},
	{Path: "internal/clock"},
	{Path: "pkg/parallel"},
	{Path: "pkg/memory", May: []string{"pkg/parallel"}},
	{Path: "pkg/tensor", May: []string{"pkg/memory"}},
	{Path: "pkg/numerics"},
	{Path: "pkg/kernel"},
	{Path: "pkg/store", May: []string{"internal/clock", "internal/failpoint"}},
	{Path: "pkg/memo"},
	{Path: "pkg/zoo"},
	{Path: "pkg/reader/..."},
	{Path: "pkg/frontend/tfpb"},
	{Path: "pkg/registry"},
	{Path: "pkg/credential"},
	{Path: "pkg/sandbox"},
	{Path: "proto/octet/v1"},
	{Path: "examples/..."},

	// The waist.
	{Path: "pkg/quant", May: []string{"pkg/parallel", "pkg/tensor"}},
	{Path: "pkg/calib", May: []string{"pkg/kernel", "pkg/quant"}},
	{Path: "pkg/calibrate", May: []string{"pkg/kernel", "pkg/quant", "pkg/calib"}},
	{Path: "pkg/ir", May: []string{"pkg/tensor", "pkg/quant"}},
	{Path: "pkg/op", May: []string{"pkg/tensor", "pkg/quant", "pkg/kernel", "pkg/ir"}},
	{Path: "pkg/exec", May: []string{"pkg/parallel", "pkg/tensor", "pkg/quant", "pkg/ir", "pkg/op", "pkg/kernel"}},

	// What makes graphs.
	{Path: "pkg/build", May: []string{"pkg/tensor", "pkg/ir", "pkg/op"}},

	// What works on graphs.
	{Path: "pkg/pass", May: []string{"pkg/tensor", "pkg/ir", "pkg/op"}},
	{Path: "pkg/quantize", May: []string{"pkg/tensor", "pkg/kernel", "pkg/quant", "pkg/calib", "pkg/ir", "pkg/op"}},
	{Path: "pkg/recipe", May: []string{"pkg/tensor", "pkg/ir", "pkg/op", "pkg/quantize"}},

	// Ways in and out.
	{Path: "pkg/tflite/schema"},
	{Path: "pkg/tflite", May: []string{"pkg/memory", "pkg/tensor", "pkg/quant", "pkg/ir", "pkg/op", "pkg/tflite/schema"}},
	{Path: "pkg/frontend/raise", May: []string{"pkg/frontend/tfpb"}},
	{Path: "pkg/frontend/graphdef", May: []string{"pkg/tensor", "pkg/quant", "pkg/kernel", "pkg/ir", "pkg/op", "pkg/build", "pkg/frontend/tfpb"}},
	{Path: "pkg/frontend/savedmodel", May: []string{
		"pkg/tensor", "pkg/ir", "pkg/reader/...", "pkg/frontend/tfpb", "pkg/frontend/raise", "pkg/frontend/graphdef",
	}},
	{Path: "pkg/frontend/keras", May: []string{
		"pkg/tensor", "pkg/kernel", "pkg/ir", "pkg/op", "pkg/build", "pkg/reader/...", "pkg/frontend/graphdef",
	}},
	{Path: "pkg/dataset", May: []string{"pkg/tensor", "pkg/store", "pkg/reader/..."}},

	// One step over one shard, and the pipeline around it.
	{Path: "pkg/verify", May: []string{"pkg/tensor", "pkg/kernel", "pkg/quant", "pkg/calib", "pkg/ir", "pkg/exec"}},
	{Path: "pkg/compare", May: []string{"pkg/tensor", "pkg/quant", "pkg/ir"}},
	{Path: "pkg/report", May: []string{"pkg/tensor", "pkg/quant", "pkg/calib", "pkg/ir", "pkg/op", "pkg/exec", "pkg/quantize", "pkg/verify"}},
	{Path: "pkg/shard", May: []string{
		"pkg/tensor", "pkg/numerics", "pkg/calib", "pkg/ir", "pkg/exec", "pkg/tflite", "pkg/dataset", "pkg/verify",
	}},
	{Path: "pkg/convert", May: []string{
		"pkg/tensor", "pkg/numerics", "pkg/quant", "pkg/calib", "pkg/calibrate", "pkg/ir", "pkg/op", "pkg/exec", "pkg/build", "pkg/pass", "pkg/quantize",
		"pkg/recipe", "pkg/frontend/tfpb", "pkg/frontend/raise", "pkg/frontend/graphdef", "pkg/frontend/savedmodel", "pkg/frontend/keras",
		"pkg/tflite", "pkg/dataset", "pkg/verify", "pkg/shard",
	}},

	// What stands in front of the cluster's servers, and what reaches out of them.
	{Path: "pkg/guard", May: []string{"pkg/credential"}},
	{Path: "pkg/remote", May: []string{"pkg/store", "pkg/guard"}},

	// The cluster. The coordinator and the worker meet in proto (the wire) and pkg (the meaning), never in each other.
	{Path: "client", May: []string{"proto/octet/v1", "pkg/tensor", "pkg/dataset", "pkg/store"}},
	{Path: "coordinator", May: []string{
		"internal/clock", "internal/failpoint", "proto/octet/v1", "pkg/tensor", "pkg/numerics", "pkg/calib", "pkg/verify", "pkg/convert", "pkg/shard", "pkg/dataset", "pkg/registry", "pkg/credential", "pkg/sandbox",
		"pkg/store",
	}},
	{Path: "worker", May: []string{
		"internal/failpoint", "proto/octet/v1", "client", "pkg/numerics", "pkg/calib", "pkg/verify", "pkg/shard", "pkg/dataset", "pkg/registry", "pkg/sandbox", "pkg/store", "pkg/remote",
	}},
	{Path: "cmd/octet", May: []string{Public}},

	// For tests alone: no room above lists them.
	{Path: "internal/chaos", May: []string{"internal/clock", "internal/failpoint"}},
	{Path: "internal/freeport"},
	{Path: "internal/golden"},
	{Path: "internal/peak"},
	{Path: "internal/s3server", May: []string{"internal/freeport"}},
	{Path: "internal/testmodel", May: []string{"pkg/tensor", "pkg/ir", "pkg/op"}},
	{Path: "internal/deps"},
}

// Public, in Room.May, stands for every room outside of internal.
const Public = "public"

// Tests are the packages of ours that a test file may import on top of its room's row. The coordinator's and the worker's
// tests still don't import each other: what needs both is tested from cmd/octet.
var Tests = []string{"pkg/...", "internal/freeport", "internal/golden", "internal/peak", "internal/s3server", "internal/testmodel", "proto/octet/v1"}

// Foreign is a package or tree of packages that is not ours, or a package of the standard library with a limited place,
// and the files that may import it, as prefixes of their paths. Every module we depend on has a row.
type Foreign struct {
	Path string
	In   []string
	Why  string
}

// OnlyTests, in Foreign.In, stands for all test files.
const OnlyTests = "_test.go"

// Foreigners are matched by the longest Path that fits.
var Foreigners = []Foreign{
	{"go.etcd.io/etcd/client", []string{"pkg/registry/", "coordinator/journal", "coordinator/election", "cmd/octet/", "internal/chaos/"},
		"the cluster's memory has one keeper"},
	{"go.etcd.io/etcd/api", []string{"pkg/registry/", "coordinator/journal", "coordinator/election", "cmd/octet/", "internal/chaos/"},
		"types and errors of the client"},
	{"go.etcd.io/etcd/server", []string{"cmd/octet/", "pkg/registry/registry_test.go", "coordinator/journal_test.go"},
		"octet up embeds a server, and tests start one"},
	{"google.golang.org/grpc", []string{"coordinator/", "worker/", "client/", "proto/", "cmd/octet/", "pkg/registry/", "pkg/credential/", "pkg/guard/"},
		"the cluster is invisible below pkg/convert; the registry only holds addresses as grpc's resolver wants them, and credentials have the form that grpc takes"},
	{"google.golang.org/genproto", []string{"coordinator/wire", "coordinator/term_test.go", "client/wire", "worker/wire", "worker/term_test.go"},
		"error details are read and written where codes are assigned"},
	{"google.golang.org/protobuf", []string{"proto/", "coordinator/", "worker/", "client/"},
		"messages stop at wire.go"},
	{"google.golang.org/protobuf/encoding/protowire", []string{
		"pkg/reader/tfrecord/", "pkg/reader/bundle/", "pkg/frontend/tfpb/", "pkg/frontend/graphdef/fuzz_test.go", "cmd/octet/source_test.go",
		"coordinator/unknown.go", "coordinator/conversion_test.go",
	}, "TensorFlow's messages are read without generated code, and tests write small ones; fields that the generated code does not know have a number"},
	{"github.com/golang/snappy", []string{"pkg/reader/bundle/"},
		"blocks of a checkpoint's index may be compressed"},
	{"github.com/google/flatbuffers", []string{"pkg/tflite/"},
		"nothing else knows the file format's encoding"},
	{"go.uber.org/zap", []string{"coordinator/", "worker/", "cmd/octet/", "pkg/registry/registry_test.go", "pkg/registry/role_test.go"},
		"logs are made at the edges; the embedded etcd of a test wants a logger"},
	{"go.yaml.in/yaml", []string{"pkg/recipe/", "pkg/zoo/"},
		"recipes and zoos are YAML, and what is wrong in one has a line"},
	{"github.com/prometheus/client_golang", []string{"coordinator/", "worker/", "cmd/octet/"},
		"what is measured is measured at the edges"},
	{"github.com/grpc-ecosystem/go-grpc-middleware", []string{"cmd/octet/"},
		"calls are counted where servers are made"},
	{"go.opentelemetry.io", []string{"cmd/octet/"},
		"traces are configured where the program begins"},
	{"go.opentelemetry.io/otel", []string{"coordinator/tracing", "coordinator/server.go", "coordinator/run.go", "worker/tracing", "cmd/octet/", OnlyTests},
		"spans are made at the edges"},
	{"github.com/spf13", []string{"cmd/octet/"},
		"flags become a configuration struct before anything else sees them"},
	{"github.com/minio/minio-go", []string{"pkg/remote/"},
		"S3 and what speaks its protocol; signatures and parts are not our core"},
	{"github.com/parquet-go/parquet-go", []string{"pkg/reader/parquet/"},
		"Parquet's encodings are many, and none of them is ours"},
	{"golang.org/x/image", []string{"pkg/reader/image/"},
		"WebP"},
	{"golang.org/x/sys/cpu", []string{"pkg/kernel/", "internal/peak/"},
		"the choice of a kernel's variant"},
	{"golang.org/x/sys/unix", []string{"pkg/sandbox/", "cmd/octet/top_linux_test.go", "internal/chaos/namespace_test.go"},
		"limits and protections of processes; a terminal for a test, and namespaces of networks"},
	{"golang.org/x/sync", []string{"pkg/convert/", "pkg/store/", "coordinator/", "worker/", "client/", "cmd/octet/"},
		"groups of goroutines"},
	{"github.com/vbauerster/mpb", []string{"cmd/octet/"},
		"progress bars"},
	{"golang.org/x/term", []string{"cmd/octet/"},
		"a progress bar needs a terminal"},
	{"golang.org/x/tools/txtar", []string{"internal/golden/", OnlyTests},
		"cases"},
	{"github.com/rogpeppe/go-internal/testscript", []string{"cmd/octet/", OnlyTests},
		"scripts of the command line"},
	{"github.com/google/go-cmp", []string{"internal/golden/", OnlyTests},
		"diffs"},
	{"pgregory.net/rapid", []string{OnlyTests},
		"properties"},
	{"github.com/anishathalye/porcupine", []string{OnlyTests},
		"whether a history of calls is that of a register"},

	{"log", []string{"client/example"}, "zap at the edges, nothing elsewhere; examples are the programs of others"},
	{"log/slog", nil, "zap at the edges, nothing elsewhere"},
	{"math/rand", []string{OnlyTests}, "random samples have a generator of their own, whose sequence is promised to stay"},
	{"unsafe", []string{"pkg/kernel/", "pkg/memory/", "pkg/tensor/", "pkg/exec/", "pkg/sandbox/", "proto/", OnlyTests}, "views of bytes as numbers, and their alignment; what system calls take"},
	{"math/rand/v2", []string{OnlyTests, "internal/chaos/", "internal/freeport/", "coordinator/", "worker/", "client/", "pkg/registry/", "pkg/remote/"}, "jitter and tests; never a sample"},
	{"C", nil, "one static binary"},
	{"plugin", nil, "one static binary"},
}

// Pure lists files, as prefixes of their paths, that may not import what is named.
var Pure = []struct {
	Files string
	Not   []string
	Why   string
}{
	{"coordinator/machine", []string{"context", "io", "net", "os", "sync", "google.golang.org", "go.etcd.io", Module + "/proto"},
		"the state machine does no I/O and shares nothing: Step(now, event) []Effect"},
	{"coordinator/event", []string{"context", "io", "net", "os", "sync", "google.golang.org", "go.etcd.io", Module + "/proto"},
		"what the state machine takes in and gives out is plain data"},
	{"coordinator/history", []string{"context", "io", "net", "os", "sync", "google.golang.org", "go.etcd.io", Module + "/proto"},
		"what became of attempts follows from the machine's steps alone"},
	{"pkg/kernel/", []string{"os", "net", "time"},
		"kernels know slices and integers"},
}
