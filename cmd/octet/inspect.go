package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/op"
)

// inspection is what `octet inspect` tells of a model.
type inspection struct {
	File        string           `json:"file"`
	Bytes       int              `json:"bytes"`
	Description string           `json:"description,omitempty"`
	Signatures  []inspectedEntry `json:"signatures"`
	Graphs      []inspectedGraph `json:"graphs"`
	Metadata    []inspectedBlob  `json:"metadata,omitempty"`
	Trailer     int              `json:"trailer_bytes,omitempty"`
	Ops         map[string]int   `json:"ops"`
	Types       map[string]int   `json:"tensor_types"`
	Constants   int              `json:"constant_bytes"`
}

type inspectedEntry struct {
	Key     string          `json:"key"`
	Graph   int             `json:"graph"`
	Inputs  []inspectedPort `json:"inputs"`
	Outputs []inspectedPort `json:"outputs"`
}

type inspectedPort struct {
	Name   string    `json:"name"`
	Tensor string    `json:"tensor"`
	Type   string    `json:"type"`
	Scale  []float32 `json:"scale,omitempty"`
	Zero   []int64   `json:"zero_point,omitempty"`
}

type inspectedBlob struct {
	Name  string `json:"name"`
	Bytes int    `json:"bytes"`
}

type inspectedGraph struct {
	Name    string            `json:"name"`
	Inputs  []int             `json:"inputs"`
	Outputs []int             `json:"outputs"`
	Tensors []inspectedTensor `json:"tensors"`
	Nodes   []inspectedNode   `json:"nodes"`
}

type inspectedTensor struct {
	Name     string    `json:"name"`
	Type     string    `json:"type"`
	Resize   []int     `json:"shape_signature,omitempty"`
	Bytes    int       `json:"constant_bytes,omitempty"`
	Variable bool      `json:"variable,omitempty"`
	Sparse   bool      `json:"sparse,omitempty"`
	Scale    []float32 `json:"scale,omitempty"`
	Zero     []int64   `json:"zero_point,omitempty"`
	Axis     int       `json:"quantized_dimension,omitempty"`
	Range    []float32 `json:"range,omitempty"`
}

type inspectedNode struct {
	Op      string `json:"op"`
	Inputs  []int  `json:"inputs"` // -1 where absent
	Outputs []int  `json:"outputs"`
}

func newInspect(s streams) *cobra.Command {
	var asJSON, tensors bool
	var f sourceFlags
	cmd := &cobra.Command{
		Use:   "inspect SOURCE",
		Short: "Show a model's operators, tensors, scales, sizes and signatures",
		Long: `Show what a .tflite file consists of, or the float model that a SavedModel's folder, a Keras model
(.keras, .h5, .hdf5) or a frozen TensorFlow graph (.pb) becomes.`,
		Example: `  octet inspect model.tflite
  octet inspect saved_model/
  octet inspect model.tflite --json | jq .ops`,
		Args: want("SOURCE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			source, size, done, err := f.open(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			defer done()
			m, err := convert.Decode(source)
			if err != nil {
				return err
			}
			i := inspect(args[0], int(size), m)
			if asJSON {
				return writeJSON(s.out, i)
			}
			return i.print(s.out, tensors)
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.signature, "signature", "", "of a SavedModel: the signature (default: serving_default)")
	completeFile(cmd, "tflite", "pb", "keras", "h5", "hdf5")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&tensors, "tensors", false, "list every tensor and node too")
	return cmd
}

func inspect(file string, size int, m *ir.Model) *inspection {
	out := &inspection{File: file, Bytes: size, Description: m.Description, Trailer: len(m.Trailer), Ops: map[string]int{}, Types: map[string]int{}}
	for _, b := range m.Metadata {
		out.Metadata = append(out.Metadata, inspectedBlob{b.Name, len(b.Data)})
	}
	for _, s := range m.Signatures {
		out.Signatures = append(out.Signatures, inspectedEntry{s.Key, s.Graph, inspectPorts(s.Inputs), inspectPorts(s.Outputs)})
	}
	for _, g := range m.Graphs {
		out.Graphs = append(out.Graphs, out.graph(g))
	}
	return out
}

func inspectPorts(ports []ir.Port) []inspectedPort {
	var out []inspectedPort
	for _, p := range ports {
		i := inspectedPort{Name: p.Name, Tensor: p.Value.Name, Type: typeText(p.Value)}
		if q := p.Value.Quant; q != nil {
			i.Scale, i.Zero = q.Scale, q.Zero
		}
		out = append(out, i)
	}
	return out
}

// typeText writes a value's type, with ? for dimensions that callers may choose.
func typeText(v *ir.Value) string { return v.Type.DType.String() + openShape(v) }

// graph inspects one graph and adds to the totals.
func (i *inspection) graph(g *ir.Graph) inspectedGraph {
	out := inspectedGraph{Name: g.Name}
	index := g.Index()
	numbers := func(values []*ir.Value) []int {
		list := []int{}
		for _, v := range values {
			if v == nil {
				list = append(list, -1)
				continue
			}
			list = append(list, index[v])
		}
		return list
	}
	out.Inputs, out.Outputs = numbers(g.Inputs), numbers(g.Outputs)
	for _, v := range g.Values {
		t := inspectedTensor{Name: v.Name, Type: typeText(v), Resize: v.Advertised, Variable: v.Variable, Sparse: v.Sparsity != nil}
		if v.Const != nil {
			t.Bytes = len(v.Const.Data)
			i.Constants += t.Bytes
		}
		if q := v.Quant; q != nil {
			t.Scale, t.Zero, t.Axis = q.Scale, q.Zero, q.Axis
		}
		if r := v.Range; r != nil {
			t.Range = []float32{r.Min, r.Max}
		}
		i.Types[v.Type.DType.String()]++
		out.Tensors = append(out.Tensors, t)
	}
	for _, n := range g.Nodes {
		name := opName(n)
		i.Ops[name]++
		out.Nodes = append(out.Nodes, inspectedNode{name, numbers(n.Inputs), numbers(n.Outputs)})
	}
	return out
}

func (i *inspection) print(w io.Writer, tensors bool) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "file\t%s\nsize\t%s (%s of constants)\n", i.File, bytesText(int64(i.Bytes)), bytesText(int64(i.Constants)))
	if i.Description != "" {
		fmt.Fprintf(t, "description\t%s\n", i.Description)
	}
	for _, b := range i.Metadata {
		fmt.Fprintf(t, "metadata\t%s, %s\n", b.Name, bytesText(int64(b.Bytes)))
	}
	if i.Trailer > 0 {
		fmt.Fprintf(t, "appended\t%s\n", bytesText(int64(i.Trailer)))
	}
	fmt.Fprintf(t, "tensors\t%s\n", counts(i.Types))
	fmt.Fprintf(t, "operators\t%s\n", counts(i.Ops))
	for _, s := range i.Signatures {
		fmt.Fprintf(t, "\nsignature\t%s\n", s.Key)
		for _, p := range s.Inputs {
			fmt.Fprintf(t, "  in\t%s\t%s\t%s\n", p.Name, p.Type, scaleText(p.Scale, p.Zero, 0))
		}
		for _, p := range s.Outputs {
			fmt.Fprintf(t, "  out\t%s\t%s\t%s\n", p.Name, p.Type, scaleText(p.Scale, p.Zero, 0))
		}
	}
	if tensors {
		for k, g := range i.Graphs {
			g.print(t, k)
		}
	}
	return t.Flush()
}

func (g *inspectedGraph) print(w io.Writer, number int) {
	fmt.Fprintf(w, "\ngraph %d\t%s\n", number, g.Name)
	for k, v := range g.Tensors {
		what := ""
		switch {
		case v.Bytes > 0:
			what = "const " + bytesText(int64(v.Bytes))
		case v.Variable:
			what = "variable"
		}
		note := scaleText(v.Scale, v.Zero, v.Axis)
		if v.Range != nil {
			note += fmt.Sprintf(" range %g to %g", v.Range[0], v.Range[1])
		}
		fmt.Fprintf(w, "  %%%d\t%s\t%s\t%s\t%s\n", k, v.Type, what, note, v.Name)
	}
	for _, n := range g.Nodes {
		fmt.Fprintf(w, "  %s\t= %s(%s)\n", numberList(n.Outputs), n.Op, numberList(n.Inputs))
	}
}

func numberList(list []int) string {
	parts := make([]string, len(list))
	for i, n := range list {
		parts[i] = "_"
		if n >= 0 {
			parts[i] = fmt.Sprintf("%%%d", n)
		}
	}
	return strings.Join(parts, ", ")
}

// counts writes a histogram, the most frequent first.
func counts(m map[string]int) string {
	keys := slices.SortedFunc(maps.Keys(m), func(a, b string) int { return cmp.Or(cmp.Compare(m[b], m[a]), cmp.Compare(a, b)) })
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = fmt.Sprintf("%d %s", m[k], k)
	}
	return strings.Join(parts, ", ")
}

func scaleText(scale []float32, zero []int64, axis int) string {
	switch len(scale) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("scale %g, zero point %d", scale[0], zero[0])
	}
	return fmt.Sprintf("%d scales along axis %d, %g to %g", len(scale), axis, slices.Min(scale), slices.Max(scale))
}

// opName names a node's operator, a custom one with its code.
func opName(n *ir.Node) string {
	if c, ok := n.Attr.(*op.Custom); ok {
		return n.Op + " " + c.Code
	}
	return n.Op
}
