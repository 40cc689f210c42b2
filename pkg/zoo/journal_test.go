package zoo

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestJournal(t *testing.T) {
	j := NewJournal()
	var file bytes.Buffer
	write := func(line []byte, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		file.Write(line)
	}
	db := 31.5
	old := Result{Name: "m", Scheme: "int8", State: Failed, Error: "why"}
	want := Result{Name: "m", Scheme: "int8", State: Converted, SHA256: "s", Digests: Digests{Model: "a"}, SQNR: &db, Float: []Float{{"SOFTMAX", 2, "r"}}}
	write(j.Put(old))
	write(j.PutFile(Seen{"p", 1, 2, "x"}))
	write(j.Put(want))
	write(j.PutFile(Seen{"p", 3, 4, "y"}))
	check := func(how string, text string) {
		t.Helper()
		j, err := ReadJournal(strings.NewReader(text))
		if err != nil {
			t.Errorf("%s: %v", how, err)
			return
		}
		got, ok := j.Result("m", "int8")
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Errorf("%s: (-want +got)\n%s", how, diff)
		}
		if _, ok := j.Result("m", "float16"); ok {
			t.Errorf("%s: a result of another scheme", how)
		}
		for _, f := range []struct {
			size, modified int64
			sum            string
		}{{3, 4, "y"}, {1, 2, ""}, {3, 5, ""}, {4, 4, ""}} {
			if got := j.File("p", f.size, f.modified); got != f.sum {
				t.Errorf("%s: file of %d bytes at %d: %q, want %q", how, f.size, f.modified, got, f.sum)
			}
		}
	}
	check("as written", file.String())
	check("cut off in a last line", file.String()+`{"result":{"name":"m","scheme":"int8","sta`)
	again, err := ReadJournal(&file)
	if err != nil {
		t.Fatal(err)
	}
	var short bytes.Buffer
	if _, err := again.WriteTo(&short); err != nil {
		t.Fatal(err)
	}
	check("written anew", short.String())
	if n := strings.Count(short.String(), "\n"); n != 2 {
		t.Errorf("written anew it has %d lines:\n%s", n, &short)
	}
	if _, err := ReadJournal(strings.NewReader("nonsense\n" + short.String())); err == nil || !strings.HasPrefix(err.Error(), "line 1: ") {
		t.Errorf("a damaged line: %v", err)
	}
}

func TestChanged(t *testing.T) {
	was := Digests{"m", "d", "o", "v"}
	for d, want := range map[Digests]string{
		was:                  "",
		{"x", "d", "o", "v"}: "the model changed",
		{"m", "x", "o", "v"}: "the data changed",
		{"m", "d", "x", "v"}: "the options changed",
		{"m", "d", "o", "x"}: "another version of Octet made it",
	} {
		if got := d.Changed(was); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestTable(t *testing.T) {
	db := 20.25
	all := NewTable("v", 1, []Result{
		{Name: "a", Scheme: "int8", State: Converted, SourceBytes: 100, Bytes: 30, SQNR: &db, Seconds: 1.5, Operators: 9, Float: []Float{{"SOFTMAX", 1, "x"}, {"TOPK_V2", 1, "y"}, {"SOFTMAX", 2, "z"}}},
		{Name: "b, c", Scheme: "int8", State: Failed, Error: `it "failed"`, Bytes: 5},
		{Name: "d", Scheme: "int8", State: Same, SourceBytes: 100, Bytes: 30},
	})
	want := Totals{Items: 3, Converted: 1, Failed: 1, Same: 1, Source: 200, Bytes: 60}
	if diff := cmp.Diff(want, all.Totals); diff != "" {
		t.Errorf("totals (-want +got)\n%s", diff)
	}
	var text strings.Builder
	if err := all.WriteCSV(&text); err != nil {
		t.Fatal(err)
	}
	csv := `name,scheme,state,source_bytes,bytes,sqnr_db,agreement,seconds,operators,float_operators,float,output,sha256,error
a,int8,converted,100,30,20.25,,1.500,9,4,"3 SOFTMAX, 1 TOPK_V2",,,
"b, c",int8,failed,0,5,,,0.000,0,0,,,,"it ""failed"""
d,int8,same,100,30,,,0.000,0,0,,,,
`
	if diff := cmp.Diff(csv, text.String()); diff != "" {
		t.Errorf("CSV (-want +got)\n%s", diff)
	}
}
