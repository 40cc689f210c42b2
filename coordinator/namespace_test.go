package coordinator

import (
	"context"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc/codes"

	"github.com/octetlite/octet/pkg/credential"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// Two clients use the same request id for the same conversion. Neither sees the other's job, nor takes its statistics; an operator sees both.
func TestNamespacesAreApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		c.worker("a", nil)
		spec := c.spec(convModel(t, 8))
		as := func(caller credential.Caller) context.Context { return credential.WithCaller(t.Context(), caller) }
		vision, audio := as(credential.Caller{Role: credential.Client, Namespace: "vision"}), as(credential.Caller{Role: credential.Client, Namespace: "audio"})
		service := &conversionService{server: c.server}
		var ids []string
		for _, ctx := range []context.Context{vision, audio} {
			resp, err := service.CreateJob(ctx, &octetv1.CreateJobRequest{RequestId: "r", Spec: spec})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, resp.GetJob().GetId())
			if j := c.wait(resp.GetJob().GetId()); j.GetStatisticsFrom() != "" {
				t.Errorf("it took the statistics of %s", j.GetStatisticsFrom())
			}
		}
		if ids[0] == ids[1] {
			t.Fatal("the request id of one client found the other's job")
		}
		if _, err := service.GetJob(audio, &octetv1.GetJobRequest{Id: ids[1]}); err != nil {
			t.Error(err)
		}
		_, getErr := service.GetJob(audio, &octetv1.GetJobRequest{Id: ids[0]})
		wantCode(t, "GetJob", getErr, codes.NotFound)
		_, cancelErr := service.CancelJob(audio, &octetv1.CancelJobRequest{Id: ids[0]})
		wantCode(t, "CancelJob", cancelErr, codes.NotFound)
		_, deleteErr := service.DeleteJob(audio, &octetv1.DeleteJobRequest{Id: ids[0]})
		wantCode(t, "DeleteJob", deleteErr, codes.NotFound)
		for ctx, want := range map[context.Context]int{vision: 1, audio: 1, as(credential.Caller{Role: credential.Reader}): 2, t.Context(): 2} {
			if list, err := service.ListJobs(ctx, &octetv1.ListJobsRequest{}); err != nil || len(list.GetJobs()) != want {
				t.Errorf("%+v sees %v, %v", credential.CallerOf(ctx), list, err)
			}
		}
	})
}
