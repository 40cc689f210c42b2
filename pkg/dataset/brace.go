package dataset

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
)

var bracePattern = regexp.MustCompile(`\{(\d{1,9})\.\.(\d{1,9})\}`)

// maxBraces bounds what a pattern stands for.
const maxBraces = 1 << 16

// braces expands {000..127} in a path, as shells and WebDataset do: each number as wide as the first is written. A file of that very name wins.
func braces(pattern string) ([]string, error) {
	at := bracePattern.FindStringSubmatchIndex(pattern)
	if at == nil {
		return []string{pattern}, nil
	}
	if _, err := os.Stat(pattern); err == nil {
		return []string{pattern}, nil
	}
	from, to := pattern[at[2]:at[3]], pattern[at[4]:at[5]]
	first, _ := strconv.Atoi(from) // at most nine digits
	last, _ := strconv.Atoi(to)
	if last < first || last-first >= maxBraces {
		return nil, fmt.Errorf("{%s..%s}: want ascending numbers, at most %d", from, to, maxBraces)
	}
	var all []string
	for i := first; i <= last; i++ {
		rest, err := braces(fmt.Sprintf("%s%0*d%s", pattern[:at[0]], len(from), i, pattern[at[1]:]))
		if err != nil {
			return nil, err
		}
		if all = append(all, rest...); len(all) > maxBraces {
			return nil, fmt.Errorf("the braces stand for more than %d files", maxBraces)
		}
	}
	return all, nil
}
