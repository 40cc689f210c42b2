//go:build !failpoint

package failpoint

// Hit does nothing: this program was built without failpoints.
func Hit(string) {}
