package exec

import "testing"

func TestUnsupportedErrorNamesEachOperatorOnce(t *testing.T) {
	err := &UnsupportedError{[]UnsupportedNode{{Node: 1, Op: "VAR_HANDLE", Output: "a"}, {Node: 2, Op: "CUSTOM Foo", Output: "b"}, {Node: 7, Op: "VAR_HANDLE", Output: "c"}}}
	want := `operators that can't be executed: VAR_HANDLE (2 nodes, the first is node 1, "a"); CUSTOM Foo (node 2, "b")`
	if err.Error() != want {
		t.Errorf("%s\nwant\n%s", err, want)
	}
}
