package exec

import "testing"

func TestUnsupportedErrorNamesEachOperatorOnce(t *testing.T) {
	err := &UnsupportedError{[]UnsupportedNode{{Node: 1, Op: "HASHTABLE", Output: "a"}, {Node: 2, Op: "CUSTOM Foo", Output: "b"}, {Node: 7, Op: "HASHTABLE", Output: "c"}}}
	want := `operators that can't be executed: HASHTABLE (2 nodes, the first is node 1, "a"); CUSTOM Foo (node 2, "b")`
	if err.Error() != want {
		t.Errorf("%s\nwant\n%s", err, want)
	}
}
