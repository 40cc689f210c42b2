package tflite

import (
	"slices"
	"strconv"
	"strings"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/tflite/schema"
)

// runtimeMetadata is the metadata that names the oldest runtime that can run the model: 16 bytes, a version filled up with zeros.
const runtimeMetadata = "min_runtime_version"

// withRuntimeVersion returns the model's metadata. If a node came without a version, so that the file's operator codes are new, the
// runtime version is computed from them.
func withRuntimeVersion(m *ir.Model, codes []*schema.OperatorCodeT) []ir.Metadata {
	fresh := func(n *ir.Node) bool { return n.Version == 0 }
	if !slices.ContainsFunc(m.Graphs, func(g *ir.Graph) bool { return slices.ContainsFunc(g.Nodes, fresh) }) {
		return m.Metadata
	}
	data := make([]byte, 16)
	copy(data, runtimeVersion(codes))
	entry := ir.Metadata{Name: runtimeMetadata, Data: data}
	list := slices.Clone(m.Metadata)
	if i := slices.IndexFunc(list, func(m ir.Metadata) bool { return m.Name == runtimeMetadata }); i >= 0 {
		list[i] = entry
		return list
	}
	return append(list, entry)
}

// runtimeVersion returns the highest version that runtimeVersions lists for the operator codes; what is not listed asks for nothing.
func runtimeVersion(codes []*schema.OperatorCodeT) string {
	newest := ""
	for _, c := range codes {
		for row := range strings.FieldsSeq(runtimeVersions[schema.EnumNamesBuiltinOperator[c.BuiltinCode]]) {
			version, runtime, _ := strings.Cut(row, ":")
			if version == strconv.Itoa(int(c.Version)) && compareVersions(runtime, newest) > 0 {
				newest = runtime
			}
		}
	}
	return newest
}

// compareVersions compares dotted numbers, number by number. The empty version is the oldest.
func compareVersions(a, b string) int {
	parse := func(s string) (list []int) {
		for part := range strings.SplitSeq(s, ".") {
			n, _ := strconv.Atoi(part)
			list = append(list, n)
		}
		return list
	}
	return slices.Compare(parse(a), parse(b))
}

// runtimeVersions holds, for each operator, the first TensorFlow release whose runtime has a version of it ("version:release"), as TensorFlow's
// converter writes it.
var runtimeVersions = map[string]string{
	"ABS":                          "1:1.13.0 2:2.4.0 3:2.5.0 5:2.12.0",
	"ADD":                          "1:1.5.0 2:1.14.0 4:2.6.0",
	"ADD_N":                        "1:1.14.0",
	"ARG_MAX":                      "1:1.9.0 2:1.14.0 3:2.9.0",
	"ARG_MIN":                      "1:1.9.0 2:1.14.0 3:2.9.0",
	"ATAN2":                        "1:2.10.0",
	"AVERAGE_POOL_2D":              "1:1.5.0 2:1.14.0 3:2.3.0",
	"BATCH_MATMUL":                 "1:2.3.0 2:2.3.0 3:2.4.0 4:2.5.0",
	"BATCH_TO_SPACE_ND":            "1:1.6.0 2:1.14.0 3:2.3.0 4:2.12.0",
	"BITCAST":                      "1:2.13.0",
	"BITWISE_XOR":                  "1:2.13.0",
	"BROADCAST_ARGS":               "1:2.6.0",
	"BROADCAST_TO":                 "2:2.5.0 3:2.5.0",
	"BUCKETIZE":                    "1:2.8.0",
	"CAST":                         "1:1.5.0 2:2.7.0 3:2.8.0 4:2.9.0 5:2.12.0 6:2.15.0",
	"CEIL":                         "1:1.14.0",
	"COMPLEX_ABS":                  "1:2.5.0",
	"CONCATENATION":                "1:1.5.0 2:1.14.0 3:2.3.0",
	"CONV_2D":                      "1:1.5.0 2:1.14.0 3:1.14.0 5:2.4.0 6:2.9.0 7:2.11.0 8:2.15.0",
	"COS":                          "1:1.14.0",
	"CUMSUM":                       "1:2.4.0",
	"DEPTHWISE_CONV_2D":            "1:1.5.0 2:1.12.0 3:1.14.0 4:2.2.0 6:2.3.0 7:2.11.0",
	"DEPTH_TO_SPACE":               "1:2.1.0 2:2.5.0",
	"DEQUANTIZE":                   "1:1.13.1 2:1.14.0 3:1.15.0 5:2.7.0 6:2.18.0",
	"DIV":                          "1:1.6.0 2:2.3.0",
	"DYNAMIC_UPDATE_SLICE":         "1:2.9.0 4:2.20.0",
	"ELU":                          "1:1.14.0",
	"EMBEDDING_LOOKUP":             "1:1.13.0 4:2.18.0",
	"EQUAL":                        "1:1.14.0 2:1.14.0 3:2.3.0 5:2.21.0",
	"EXP":                          "1:1.7.0 2:2.12.0",
	"EXPAND_DIMS":                  "1:1.10.0",
	"FAKE_QUANT":                   "1:1.5.0",
	"FILL":                         "1:1.13.0 2:2.3.0 3:2.5.0",
	"FLOOR":                        "1:1.9.0",
	"FLOOR_DIV":                    "1:1.14.0 2:1.14.0 3:2.13.0",
	"FLOOR_MOD":                    "1:1.13.0 2:2.13.0",
	"FULLY_CONNECTED":              "1:1.5.0 3:1.14.0 4:1.14.0 5:2.0.0 6:2.1.0 7:2.3.0 9:2.3.0 10:2.11.0 11:2.15.0 12:2.17.0 13:2.18.0",
	"GATHER":                       "1:1.6.0 2:1.14.0 3:1.15.0 4:2.4.0 5:2.5.0 6:2.13.0 7:2.15.0",
	"GATHER_ND":                    "1:1.14.0 2:2.3.0 3:2.5.0 4:2.13.0 5:2.16.0",
	"GELU":                         "1:2.9.0 2:2.9.0",
	"GREATER":                      "1:1.14.0 2:1.14.0",
	"GREATER_EQUAL":                "1:1.14.0 2:1.14.0 3:2.13.0",
	"HARD_SWISH":                   "1:1.15.0",
	"IF":                           "1:1.15.0",
	"IMAG":                         "1:2.5.0",
	"L2_NORMALIZATION":             "1:1.5.0 2:1.14.0",
	"LEAKY_RELU":                   "1:1.13.1 2:2.3.0",
	"LESS":                         "1:1.14.0 2:1.14.0 3:2.13.0",
	"LESS_EQUAL":                   "1:1.14.0 2:1.14.0",
	"LOCAL_RESPONSE_NORMALIZATION": "1:1.5.0",
	"LOG":                          "1:1.14.0 2:2.15.0",
	"LOGICAL_AND":                  "1:1.11.0",
	"LOGICAL_NOT":                  "1:1.11.0",
	"LOGICAL_OR":                   "1:1.11.0",
	"LOGISTIC":                     "1:1.14.0 2:1.14.0 3:2.3.0",
	"LOG_SOFTMAX":                  "1:1.14.0 2:1.14.0",
	"MATRIX_DIAG":                  "1:1.14.0",
	"MATRIX_SET_DIAG":              "1:1.14.0",
	"MAXIMUM":                      "1:1.14.0 2:1.14.0 3:2.3.0 4:2.3.0",
	"MAX_POOL_2D":                  "1:1.5.0 2:1.14.0 3:2.3.0",
	"MEAN":                         "1:1.6.0 2:1.14.0 3:2.4.0",
	"MINIMUM":                      "1:1.14.0 2:1.14.0 3:2.3.0 4:2.3.0",
	"MIRROR_PAD":                   "1:1.13.1 2:2.3.0 3:2.12.0",
	"MUL":                          "1:1.5.0 2:1.14.0 3:1.15.0 4:2.3.0 5:2.6.0 6:2.11.0 7:2.13.0",
	"MULTINOMIAL":                  "1:2.8.0",
	"NEG":                          "1:1.9.0",
	"NON_MAX_SUPPRESSION_V4":       "1:2.1.0",
	"NON_MAX_SUPPRESSION_V5":       "1:2.1.0",
	"NOT_EQUAL":                    "1:1.14.0 2:1.14.0 3:2.3.0 4:2.21.0",
	"ONE_HOT":                      "1:1.11.0",
	"PACK":                         "1:1.11.0 2:1.14.0 3:2.3.0",
	"PAD":                          "1:1.5.0 2:1.14.0 3:2.4.0 4:2.6.0 5:2.20.0",
	"PADV2":                        "1:1.9.0 2:1.14.0 3:2.4.0 4:2.6.0 5:2.20.0",
	"POW":                          "1:1.10.0",
	"PRELU":                        "1:1.8.0",
	"QUANTIZE":                     "1:1.14.0 2:1.15.0 3:2.7.0",
	"RANDOM_STANDARD_NORMAL":       "1:2.8.0",
	"RANDOM_UNIFORM":               "1:2.8.0",
	"RANGE":                        "1:1.13.0 2:2.14.0",
	"RANK":                         "1:1.14.0",
	"REAL":                         "1:2.5.0",
	"REDUCE_ALL":                   "1:2.6.0",
	"REDUCE_ANY":                   "1:1.11.0",
	"REDUCE_MAX":                   "1:1.11.0 2:1.14.0 3:2.5.0",
	"REDUCE_MIN":                   "1:1.11.0 2:1.14.0 3:2.5.0",
	"REDUCE_PROD":                  "1:1.11.0 2:2.6.0",
	"RELU":                         "1:1.5.0 2:2.1.0 3:2.5.0",
	"RELU6":                        "1:1.5.0 2:1.14.0 3:2.5.0",
	"RELU_0_TO_1":                  "1:2.10.0",
	"RELU_N1_TO_1":                 "1:1.5.0",
	"RESHAPE":                      "1:1.5.0",
	"RESIZE_BILINEAR":              "1:1.7.0 2:1.14.0 3:2.2.0 4:2.5.0",
	"RESIZE_NEAREST_NEIGHBOR":      "1:1.13.1 2:1.14.0 3:2.3.0 4:2.4.0",
	"REVERSE_SEQUENCE":             "1:1.14.0",
	"REVERSE_V2":                   "1:1.14.0 2:2.2.0 3:2.5.0",
	"RFFT2D":                       "1:2.5.0",
	"RIGHT_SHIFT":                  "1:2.13.0",
	"ROUND":                        "1:1.14.0",
	"RSQRT":                        "1:1.10.0 2:2.5.0 3:2.15.0",
	"SCATTER_ND":                   "1:2.1.0",
	"SEGMENT_SUM":                  "1:2.2.0",
	"SELECT":                       "1:1.14.0 3:2.12.0",
	"SELECT_V2":                    "1:2.2.0",
	"SHAPE":                        "1:1.10.0",
	"SIGN":                         "1:2.11.0 2:2.12.0",
	"SIN":                          "1:1.9.0",
	"SLICE":                        "1:1.14.0 2:1.14.0 4:2.4.0 5:2.5.0",
	"SOFTMAX":                      "1:1.5.0 2:1.14.0 3:2.3.0",
	"SPACE_TO_BATCH_ND":            "1:1.6.0 2:1.14.0 3:2.3.0 4:2.12.0",
	"SPACE_TO_DEPTH":               "1:1.5.0 2:1.14.0",
	"SPARSE_TO_DENSE":              "1:1.9.0 2:1.14.0 3:1.15.0",
	"SPLIT":                        "1:1.5.0 2:1.14.0 3:1.14.0 4:2.3.0",
	"SPLIT_V":                      "1:1.13.1 2:2.3.0",
	"SQRT":                         "1:1.10.0 2:2.21.0",
	"SQUARE":                       "1:1.12.0",
	"SQUARED_DIFFERENCE":           "1:1.13.1 2:2.5.0",
	"SQUEEZE":                      "1:1.6.0",
	"STRIDED_SLICE":                "1:1.6.0 2:1.14.0 3:2.1.0 4:2.2.0 6:2.6.0 8:2.14.0",
	"SUB":                          "1:1.6.0 2:1.14.0 3:2.3.0 4:2.4.0",
	"SUM":                          "1:1.10.0 2:1.15.0",
	"SVDF":                         "1:1.5.0 2:1.14.0 3:2.2.0 4:2.3.0",
	"TANH":                         "1:1.14.0 2:1.14.0 3:2.3.0",
	"TILE":                         "1:1.10.1 3:2.8.0",
	"TOPK_V2":                      "1:1.7.0 2:1.14.0 3:2.13.0",
	"TRANSPOSE":                    "1:1.6.0 2:1.14.0 3:1.15.0 4:2.3.0 5:2.4.0 6:2.12.0",
	"TRANSPOSE_CONV":               "1:1.9.0 2:2.2.0 3:2.3.0 4:2.13.0",
	"UNIDIRECTIONAL_SEQUENCE_LSTM": "1:1.13.1 2:1.14.0 3:2.3.0 4:2.12.0",
	"UNIDIRECTIONAL_SEQUENCE_RNN":  "1:1.14.0 2:1.14.0 3:2.3.0",
	"UNIQUE":                       "1:1.14.0",
	"UNPACK":                       "1:1.11.0 2:1.14.0 3:2.2.0 4:2.3.0",
	"UNSORTED_SEGMENT_MAX":         "1:2.10.0",
	"UNSORTED_SEGMENT_MIN":         "1:2.11.0",
	"UNSORTED_SEGMENT_PROD":        "1:2.10.0",
	"UNSORTED_SEGMENT_SUM":         "1:2.10.0",
	"VAR_HANDLE":                   "1:2.6.0",
	"WHERE":                        "1:1.14.0 2:2.8.0",
	"WHILE":                        "1:1.15.0",
	"ZEROS_LIKE":                   "1:1.12.0",
}
