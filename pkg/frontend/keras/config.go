package keras

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"

	"github.com/octetlite/octet/pkg/build"
)

// config is an object of a model's configuration. Its getters abandon the layer (build.Damaged) where a value is of another kind than it must be, and
// return otherwise where it is absent or null.
type config map[string]any

// decodeConfig reads JSON, bounded in depth.
func decodeConfig(data []byte) (config, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var c config
	if err := d.Decode(&c); err != nil {
		return nil, fmt.Errorf("the configuration is no JSON object: %w", err)
	}
	if !shallow(map[string]any(c), maxNesting) {
		return nil, fmt.Errorf("the configuration is nested more than %d deep", maxNesting)
	}
	return c, nil
}

// maxNesting bounds how deep objects and lists of a configuration may be nested: one model in another takes about five.
const maxNesting = 1000

func shallow(x any, depth int) bool {
	if depth == 0 {
		return false
	}
	switch x := x.(type) {
	case map[string]any:
		for _, y := range x {
			if !shallow(y, depth-1) {
				return false
			}
		}
	case []any:
		for _, y := range x {
			if !shallow(y, depth-1) {
				return false
			}
		}
	}
	return true
}

func (c config) has(key string) bool { return c[key] != nil }

// object returns a nested object, nil if it is absent.
func (c config) object(key string) config {
	switch x := c[key].(type) {
	case nil:
		return nil
	case map[string]any:
		return x
	default:
		build.Damaged("%q is %T, not an object", key, x)
		return nil
	}
}

// list returns a list, nil if it is absent.
func (c config) list(key string) []any {
	switch x := c[key].(type) {
	case nil:
		return nil
	case []any:
		return x
	default:
		build.Damaged("%q is %T, not a list", key, x)
		return nil
	}
}

func (c config) text(key, otherwise string) string {
	switch x := c[key].(type) {
	case nil:
		return otherwise
	case string:
		return x
	default:
		build.Damaged("%q is %T, not a string", key, x)
		return ""
	}
}

func (c config) bool(key string, otherwise bool) bool {
	switch x := c[key].(type) {
	case nil:
		return otherwise
	case bool:
		return x
	case json.Number:
		return x != "0"
	default:
		build.Damaged("%q is %T, not true or false", key, x)
		return false
	}
}

func (c config) int(key string, otherwise int) int {
	if c[key] == nil {
		return otherwise
	}
	return integer(key, c[key])
}

func (c config) float(key string, otherwise float32) float32 {
	if c[key] == nil {
		return otherwise
	}
	return number(key, c[key])
}

// ints returns a list of integers; a single one stands for n equal ones.
func (c config) ints(key string, n int, otherwise ...int) []int {
	switch x := c[key].(type) {
	case nil:
		return otherwise
	case []any:
		list := make([]int, len(x))
		for i, y := range x {
			list[i] = integer(key, y)
		}
		if n > 0 && len(list) == 1 && n > 1 {
			for len(list) < n {
				list = append(list, list[0])
			}
		}
		if n > 0 && len(list) != n {
			build.Damaged("%q has %d numbers, not %d", key, len(list), n)
		}
		return list
	default:
		list := make([]int, max(n, 1))
		for i := range list {
			list[i] = integer(key, x)
		}
		return list
	}
}

// integer reads a number that must be one. None, which some writers use for an unknown size, is -1.
func integer(key string, x any) int {
	if x == nil {
		return -1
	}
	n, ok := x.(json.Number)
	if !ok {
		build.Damaged("%q holds %T, not an integer", key, x)
	}
	if i, err := n.Int64(); err == nil && i >= math.MinInt32 && i <= math.MaxInt32 {
		return int(i)
	}
	f, err := n.Float64()
	if err != nil || f != math.Trunc(f) || math.Abs(f) > math.MaxInt32 {
		build.Damaged("%q holds %s, not an integer", key, n)
	}
	return int(f)
}

func number(key string, x any) float32 {
	switch x := x.(type) {
	case json.Number:
		f, err := x.Float64()
		if err != nil && !math.IsInf(f, 0) {
			build.Damaged("%q holds %s, not a number", key, x)
		}
		return float32(f)
	case map[string]any: // a NumPy scalar or array of one element
		return number(key, config(x).object("config")["value"])
	}
	build.Damaged("%q holds %T, not a number", key, x)
	return 0
}
