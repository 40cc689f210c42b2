package dataset

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
)

// chosen returns what the options name for each input: KEY.INPUT=NAME, or KEY=NAME for a single input. What is not named is empty.
func (b *builder) chosen(key string) ([]string, error) {
	names := make([]string, len(b.m.Inputs))
	for _, option := range slices.Sorted(maps.Keys(b.spec.Options)) {
		value := b.spec.Options.Get(option)
		name, ok := strings.CutPrefix(option, key+".")
		if option == key {
			if len(b.m.Inputs) != 1 {
				return nil, fmt.Errorf("option %s=%s: the model has %d inputs, so name them: %s.INPUT=NAME", key, value, len(b.m.Inputs), key)
			}
			ok, name = true, b.m.Inputs[0].Name
		}
		if !ok {
			continue
		}
		i := slices.IndexFunc(b.m.Inputs, func(in Input) bool { return in.Name == name })
		if i < 0 {
			i = slices.IndexFunc(b.m.Inputs, func(in Input) bool { return in.Tensor == name })
		}
		if i < 0 {
			return nil, fmt.Errorf("option %s: the model's inputs are %v", option, b.m.Inputs)
		}
		if names[i] != "" {
			return nil, fmt.Errorf("option %s: input %v has the %s %q already", option, b.m.Inputs[i], key, names[i])
		}
		names[i] = value
	}
	return names, nil
}

// checkSources checks what a manifest says of records that hold something for each input: that they are as many, and how they become values.
func (m *Manifest) checkSources(what string, sources int, raw string, p *picture) error {
	if sources != len(m.Inputs) {
		return fmt.Errorf("%d %s for %d inputs", sources, what, len(m.Inputs))
	}
	if err := checkRaw(raw); err != nil {
		return err
	}
	return p.validate()
}

// locate returns the file that holds sample i, and its place there. ends are the numbers of samples in each file and those before it.
func locate(ends []int, i int) (file, place int) {
	if file = sort.SearchInts(ends, i+1); file > 0 {
		i -= ends[file-1]
	}
	return file, i
}
