package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page's parts
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"math"
	"strconv"
	"strings"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
	//go:embed page.js
	pageJS string
)

// page is what the template sees.
type page struct {
	*Document
	Pictures []*Picture
	CSS      template.CSS
	JS       template.JS
	CSSHash  string // as the content security policy wants it
	JSHash   string
	Worst    []Tensor // Tensors, the worst first if that is known
	Saved    float64  // share of the source's bytes
	Compared bool
	Observed bool
}

// WriteHTML writes the document as one page, which needs neither a network nor, for reading, scripts.
func (d *Document) WriteHTML(w io.Writer) error {
	t, err := template.New("page").Funcs(functions).Parse(pageHTML)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	p := page{Document: d, CSS: template.CSS(pageCSS), JS: template.JS(pageJS), CSSHash: hash(pageCSS), JSHash: hash(pageJS), Worst: d.worst(), Compared: d.Verification != nil}
	if d.Source.Bytes > 0 {
		p.Saved = float64(d.Result.Bytes) / float64(d.Source.Bytes)
	}
	for _, t := range d.Tensors {
		p.Observed = p.Observed || t.Seen != nil
	}
	for i, g := range d.model.Graphs {
		if picture := newPicture(d, i, g); picture != nil {
			p.Pictures = append(p.Pictures, picture)
		}
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// hash returns a content security policy's source expression for an inline style or script.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// functions are what the template calls.
var functions = template.FuncMap{
	"bytes":   bytesText,
	"count":   countText,
	"percent": percentText,
	"number":  numberText,
	"db":      decibelText,
	"short":   func(digest string) string { return digest[:min(12, len(digest))] },
	"shell":   shellText,
	"bars":    bars,
	"deref": func(x *float64) float64 {
		if x == nil {
			return math.Inf(1) // sorts behind all others
		}
		return *x
	},
	"share": func(part, whole uint64) float64 { return float64(part) / float64(max(whole, 1)) },
	"samples": func(n uint64) string {
		if n == 1 {
			return "1 sample"
		}
		return fmt.Sprint(n, " samples")
	},
	"tail":  tail,
	"label": func(s Scheme) string { return labels[s] },
}

// labels say in a word or two how operators of a scheme compute.
var labels = map[Scheme]string{
	Int8: "int8", Int16x8: "int16 × int8", Dynamic: "dynamic", WeightOnly: "weight-only", Float16: "float16 weights", Float: "float32", Border: "quantize, dequantize", Other: "bookkeeping",
}

// bytesText returns a size with a binary unit.
func bytesText(n int64) string {
	x, units := float64(n), []string{"B", "KiB", "MiB", "GiB"}
	for x >= 1024 && len(units) > 1 {
		x, units = x/1024, units[1:]
	}
	if units[0] == "B" || x >= 100 {
		return fmt.Sprintf("%.0f %s", x, units[0])
	}
	return fmt.Sprintf("%.1f %s", x, units[0])
}

// countText returns a number with a decimal unit: "312 M".
func countText(n int64) string {
	x, units := float64(n), []string{"", "k", "M", "G", "T"}
	for x >= 1000 && len(units) > 1 {
		x, units = x/1000, units[1:]
	}
	if units[0] == "" {
		return strconv.FormatInt(n, 10)
	}
	return strconv.FormatFloat(x, 'g', 3, 64) + " " + units[0]
}

// percentText returns a share in percent, with as many digits as tell it from 0 and from 1.
func percentText(x float64) string {
	switch p := 100 * x; {
	case x == 0 || x == 1 || p >= 10 && p <= 99:
		return fmt.Sprintf("%.0f %%", p)
	case p < 0.001:
		return "< 0.001 %"
	default:
		return strconv.FormatFloat(p, 'g', 4, 64) + " %"
	}
}

func numberText(x float64) string { return strconv.FormatFloat(x, 'g', 4, 64) }

// decibelText returns a ratio; the ends of the scale stand for equality and for what is not a number.
func decibelText(x float64) string {
	switch {
	case x >= equal:
		return "equal"
	case x <= -equal:
		return "not finite"
	}
	return strings.Replace(strconv.FormatFloat(x, 'f', 1, 64), "-0.0", "0.0", 1) + " dB"
}

// tail shortens a name, which may list many others', from its front.
func tail(name string) string {
	const most = 56
	if r := []rune(name); len(r) > most {
		return "…" + string(r[len(r)-most+1:])
	}
	return name
}

// shellText returns arguments as a shell takes them.
func shellText(args []string) string {
	quoted := make([]string, len(args))
	for i, a := range args {
		if quoted[i] = a; a == "" || strings.ContainsAny(a, " \t\n'\"\\$&|;<>()*?[]{}!#~`") {
			quoted[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}
