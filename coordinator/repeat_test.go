package coordinator

import (
	"testing"
	"testing/synctest"

	"google.golang.org/grpc/codes"

	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// A repeat returns the first job though the blobs that it names are gone. When the job is deleted it is a new request.
func TestARepeatNeedsNoBlobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		c.worker("a", nil)
		spec := c.spec(convModel(t, 4))
		first := c.wait(c.create("r", spec).GetId())
		for _, b := range []*octetv1.Blob{spec.GetSource(), spec.GetDataset()} {
			if err := c.folder.Delete(t.Context(), store.Digest(b.GetDigest())); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if again := c.create("r", spec); again.GetId() != first.GetId() || again.GetState() != first.GetState() {
				t.Errorf("the repeat is %v", again)
			}
			c.restart()
		}
		_, err := c.jobs.CreateJob(t.Context(), &octetv1.CreateJobRequest{RequestId: "another", Spec: spec})
		wantCode(t, "another request", err, codes.FailedPrecondition)
		if _, err := c.jobs.DeleteJob(t.Context(), &octetv1.DeleteJobRequest{Id: first.GetId()}); err != nil {
			t.Fatal(err)
		}
		_, err = c.jobs.CreateJob(t.Context(), &octetv1.CreateJobRequest{RequestId: "r", Spec: spec})
		wantCode(t, "a repeat behind the job's end", err, codes.FailedPrecondition)
	})
}
