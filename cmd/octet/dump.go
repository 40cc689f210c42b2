package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/exec"
	"github.com/octetlite/octet/pkg/ir"
	"github.com/octetlite/octet/pkg/reader/npy"
	"github.com/octetlite/octet/pkg/tensor"
)

// dumped is what a dump holds.
type dumped struct {
	Samples int          `json:"samples"`
	Arrays  int          `json:"arrays"` // without those of parameters
	LeftOut []leftOutRow `json:"left_out,omitempty"`
}

// leftOutRow is a tensor of a type that arrays don't have.
type leftOutRow struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// dump writes the activations of runs as arrays.
type dump struct {
	archive *npy.Writer
	float   bool // dequantize
	names   map[*ir.Value]string
	prefix  string // of the sample
	seen    map[*ir.Value]int
	told    map[*ir.Value]bool // its parameters are written, or that it is left out is noted
	result  *dumped
	err     error
}

// writeDump runs the first n samples and writes all that they compute.
func (f *runFlags) writeDump(ctx context.Context, r *runner, samples *dataset.Reader, n int, bar *progress) (*dumped, error) {
	result := &dumped{Samples: n}
	return result, createFile(f.dump, func(w io.Writer) error {
		d := &dump{archive: npy.NewWriter(w), float: f.float, names: uniqueNames(r.model), told: map[*ir.Value]bool{}, result: result}
		session := r.session()
		for i := range n {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			in, err := samples.Sample(i)
			if err != nil {
				return err
			}
			d.seen = map[*ir.Value]int{}
			if i > 0 {
				d.prefix = fmt.Sprintf("sample%d/", i)
			}
			r.begin(session, i)
			if _, err := session.Watch(r.fed(in), d.add); err != nil {
				return fmt.Errorf("sample %d: %w", i, err)
			}
			if d.err != nil {
				return d.err
			}
			bar.show("dump", int64(i+1), int64(n), "samples")
		}
		return d.archive.Close()
	})
}

// uniqueNames gives each value of a model a name of its own: its name, or, if an earlier value has that or it has none, the name with its position.
func uniqueNames(m *ir.Model) map[*ir.Value]string {
	names, taken := map[*ir.Value]string{}, map[string]bool{}
	for g, graph := range m.Graphs {
		for i, v := range graph.Values {
			name := v.Name
			for name == "" || taken[name] {
				name = fmt.Sprintf("%s~%d.%d", name, g, i)
			}
			names[v], taken[name] = name, true
		}
	}
	return names
}

// add writes what was computed of a value.
func (d *dump) add(v *ir.Value, t *tensor.Tensor) {
	if d.err != nil {
		return
	}
	name, q := d.names[v], exec.Affine(v)
	if q != nil && d.float {
		t = exec.Real(v, t)
	}
	if _, ok := npyTypes[t.DType]; !ok {
		if !d.told[v] {
			d.told[v] = true
			d.result.LeftOut = append(d.result.LeftOut, leftOutRow{name, t.DType.String()})
		}
		return
	}
	full := d.prefix + name
	if d.seen[v]++; d.seen[v] > 1 {
		full = fmt.Sprintf("%s#%d", full, d.seen[v])
	}
	d.write(full, npyTypes[t.DType], t.Shape, t.Data)
	d.result.Arrays++
	if q != nil && !d.float && !d.told[v] {
		d.told[v] = true
		d.write(name+":scale", npy.Float32, []int{1}, binary.LittleEndian.AppendUint32(nil, math.Float32bits(q.Scale[0])))
		d.write(name+":zero_point", npy.Int64, []int{1}, binary.LittleEndian.AppendUint64(nil, uint64(q.Zero[0])))
	}
}

func (d *dump) write(name string, t npy.Type, shape []int, data []byte) {
	if d.err != nil {
		return
	}
	part, err := d.archive.Create(name, t, shape)
	if err == nil {
		_, err = part.Write(data)
	}
	if err != nil {
		d.err = fmt.Errorf("array %q: %w", name, err)
	}
}
