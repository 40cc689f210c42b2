package recipe

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
	"github.com/octetlite/octet/pkg/quantize"
)

// The names of AI Edge Quantizer 0.10.
const (
	everyOp    = "*"
	noQuantize = "no_quantize"
	minMax     = "min_max_uniform_quantize"
	casting    = "float_casting"
)

// renamed are the operators that AI Edge Quantizer has other names for.
var renamed = map[string]string{"CONV_2D_TRANSPOSE": "TRANSPOSE_CONV", "CUSTOM_OP": "CUSTOM"}

// granularities are block sizes, or 0 and whether a tensor has one scale.
var granularities = map[string]granularity{
	"TENSORWISE": {perTensor: true}, "CHANNELWISE": {}, "BLOCKWISE_32": {block: 32}, "BLOCKWISE_64": {block: 64}, "BLOCKWISE_128": {block: 128}, "BLOCKWISE_256": {block: 256},
}

type granularity struct {
	block     int
	perTensor bool
}

// tensorConfig is how tensors are quantized.
type tensorConfig struct {
	bits, block int
	symmetric   bool
	granularity granularity
	dtype       string
}

// tensors reads such a configuration.
func tensors(key string, out **tensorConfig) field {
	return field{key, func(n *yaml.Node) error {
		*out = &tensorConfig{symmetric: true, dtype: "INT", granularity: granularity{perTensor: true}}
		return (*out).read(n)
	}}
}

func (c *tensorConfig) read(n *yaml.Node) error {
	err := fields(n, value("num_bits", &c.bits), value("symmetric", &c.symmetric),
		named("granularity", &c.granularity, granularities, "TENSORWISE, CHANNELWISE, BLOCKWISE_32, BLOCKWISE_64, BLOCKWISE_128, BLOCKWISE_256"),
		value("dtype", &c.dtype), value("block_size", &c.block))
	if c.block > 0 {
		c.granularity = granularity{block: c.block}
	}
	return err
}

// aiEdgeRule is a rule as it is written.
type aiEdgeRule struct {
	number, line                int
	regex, operation, algorithm string
	config                      *yaml.Node // nil if absent
	weights, activations        *tensorConfig
	precision                   string
	dequantize, unchecked       bool
	least                       int
}

// readAIEdge reads a list of rules. As there, rules of one regular expression stand together where the first of them does: one for all operators replaces those
// before it, and one for the same operator takes its place.
func (r *Recipe) readAIEdge(root *yaml.Node) error {
	r.tolerates = true
	type entry struct {
		operation string
		rule      rule
	}
	var order []string
	groups := map[string][]entry{}
	for i, n := range root.Content {
		a := aiEdgeRule{number: i + 1, line: n.Line, precision: "FLOAT"}
		if err := a.read(n); err != nil {
			return err
		}
		made, err := a.rule()
		if err != nil {
			return err
		}
		group, there := groups[a.regex]
		if !there {
			order = append(order, a.regex)
		}
		at := slices.IndexFunc(group, func(e entry) bool { return e.operation == a.operation })
		switch {
		case a.operation == everyOp:
			group = []entry{{a.operation, made}}
		case at >= 0:
			group[at].rule = made
		default:
			group = append(group, entry{a.operation, made})
		}
		groups[a.regex] = group
	}
	for _, regex := range order {
		for _, e := range groups[regex] {
			r.rules = append(r.rules, e.rule)
		}
	}
	return nil
}

// read reads a rule, but for what its algorithm makes no use of.
func (a *aiEdgeRule) read(n *yaml.Node) error {
	err := fields(n, value("regex", &a.regex), value("operation", &a.operation), value("algorithm_key", &a.algorithm), field{"op_config", func(n *yaml.Node) error {
		a.config = n
		return nil
	}})
	switch {
	case err != nil:
		return err
	case a.regex == "" || a.operation == "" || a.algorithm == "":
		return errorf(n.Line, "rule %d: want regex, operation and algorithm_key", a.number)
	case a.algorithm == noQuantize:
		return nil
	case a.config == nil:
		return errorf(n.Line, "rule %d: op_config is missing", a.number)
	}
	return fields(a.config, tensors("weight_tensor_config", &a.weights), tensors("activation_tensor_config", &a.activations),
		value("compute_precision", &a.precision), value("explicit_dequantize", &a.dequantize), value("skip_checks", &a.unchecked), value("min_weight_elements", &a.least))
}

// rule returns what a says, for operators that AI Edge Quantizer has the scheme for.
func (a *aiEdgeRule) rule() (rule, error) {
	if a.operation == "INPUT" || a.operation == "OUTPUT" {
		return rule{}, errorf(a.line, "rule %d: inputs and outputs of the model are not a matter of recipes here: leave the rule out, and use --io", a.number)
	}
	scope, err := regexp.Compile(a.regex)
	if err != nil {
		return rule{}, errorf(a.line, "rule %d: regex: %w", a.number, err)
	}
	choice, err := a.choice()
	if err != nil {
		return rule{}, err
	}
	kind := cmp.Or(renamed[a.operation], a.operation)
	products := choice.Scheme == quantize.Dynamic || choice.Scheme == quantize.Float16 // of which it knows these two schemes
	return rule{number: a.number, line: a.line, choice: choice, matches: func(n *ir.Node) bool {
		return (kind == everyOp || kind == n.Op) && scope.MatchString(scopeOf(n)) && (choice.Float || !products || op.HybridOf(n.Op).Bits8)
	}}, nil
}

// choice returns what the rule chooses.
func (a *aiEdgeRule) choice() (quantize.Choice, error) {
	refuse := func(what, way string) (quantize.Choice, error) {
		return quantize.Choice{}, errorf(a.line, "rule %d: no support for %s: %s", a.number, what, way)
	}
	w, act := a.weights, a.activations
	switch {
	case a.algorithm == noQuantize:
		return quantize.Choice{Float: true}, nil
	case a.algorithm != minMax && a.algorithm != casting:
		return refuse("algorithm_key "+a.algorithm, "use "+minMax+", "+casting+" or "+noQuantize)
	case a.unchecked:
		return refuse("skip_checks", "set it to false")
	case w == nil:
		return refuse("a rule without weight_tensor_config", "give one")
	case w.dtype == "FLOAT" && a.algorithm == casting && w.bits == 16 && act == nil && a.precision == "FLOAT" && a.least == 0:
		return quantize.Choice{Scheme: quantize.Float16}, nil
	case w.dtype != "INT" || a.algorithm == casting:
		return refuse("weights of dtype "+w.dtype+" by "+a.algorithm, "use INT by "+minMax+", or FLOAT of 16 bits by "+casting+", computed with in FLOAT")
	case !w.symmetric:
		return refuse("weights with a zero point", "set symmetric of weight_tensor_config to true")
	case w.bits != 8 && w.bits != 4:
		return refuse("this number of bits of weights", "use 8 or 4")
	}
	c := quantize.Choice{Bits: w.bits, PerTensor: w.granularity.perTensor, Least: a.least}
	whole := w.bits == 8 && w.granularity.block == 0
	switch {
	case act != nil && whole && act.dtype == "INT" && act.granularity.perTensor && act.symmetric == (act.bits == 16) && a.precision == "INTEGER" && !a.dequantize && a.least == 0:
		c.Bits = 0
		switch act.bits {
		case 8:
			c.Scheme = quantize.Int8
			return c, nil
		case 16:
			c.Scheme = quantize.Int16x8
			return c, nil
		}
		fallthrough
	case act != nil:
		return refuse("this way to quantize activations", "use 8 bits with symmetric false or 16 bits with symmetric true, weights of 8 bits, and compute_precision INTEGER")
	case a.precision == "INTEGER" && !a.dequantize && whole:
		c.Scheme, c.Bits = quantize.Dynamic, 0
		return c, nil
	case a.precision == "INTEGER" && !a.dequantize && w.bits == 4 && w.granularity.block > 0:
		c.Scheme, c.Block = quantize.WeightOnly, w.granularity.block
		return c, nil
	case a.precision == "INTEGER":
		return refuse("computing in INTEGER with such weights", "use 8 bits for each channel or tensor, or 4 bits in blocks, without explicit_dequantize")
	case a.precision == "FLOAT" && a.dequantize && w.granularity.block == 0:
		c.Scheme = quantize.WeightOnly
		return c, nil
	}
	return refuse("this way to compute", "use compute_precision INTEGER, or FLOAT with explicit_dequantize and without blocks")
}

// scopeOf is what regular expressions are searched in: the names of results, or else of operands, each with a semicolon behind it.
func scopeOf(n *ir.Node) string {
	names := func(values []*ir.Value) string {
		var b strings.Builder
		for _, v := range values {
			if v != nil && v.Name != "" {
				b.WriteString(v.Name + ";")
			}
		}
		return b.String()
	}
	return cmp.Or(names(n.Outputs), names(n.Inputs))
}
