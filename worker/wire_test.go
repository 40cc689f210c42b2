package worker

import (
	"fmt"
	"testing"

	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/remote"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// TestDataElsewhereFailTheJob wants what no worker could read to end the job, and what another may be able to read to be tried there.
func TestDataElsewhereFailTheJob(t *testing.T) {
	for _, err := range []error{remote.ErrNotFound, remote.ErrChanged, remote.ErrRefused, remote.ErrNoRanges, dataset.ErrElsewhere} {
		err = fmt.Errorf("sample 3: x.tar: %w", err)
		if e := faultOf(err); e == nil || e.GetKind() != octetv1.ErrorKind_ERROR_KIND_BAD_INPUT || e.GetMessage() != err.Error() {
			t.Errorf("%v: %v", err, e)
		}
	}
	if e := faultOf(fmt.Errorf("x.tar: %w", remote.ErrDenied)); e != nil {
		t.Errorf("a worker without credentials: %v", e)
	}
}
