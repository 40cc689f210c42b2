package coordinator

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/octetlite/octet/internal/testmodel"
	"github.com/octetlite/octet/pkg/numerics"
	"github.com/octetlite/octet/pkg/store"
	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// never is a worker that computes for as long as it is let.
func never(_ *fakeWorker, _ *octetv1.RunShardRequest, stream grpc.ServerStreamingServer[octetv1.RunShardResponse]) error {
	<-stream.Context().Done()
	return status.FromContextError(stream.Context().Err()).Err()
}

func TestCreateJobIsIdempotent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		c.worker("a", nil)
		spec := c.spec(convModel(t, 8))
		first := c.create("r", spec)
		if again := c.create("r", spec); again.GetId() != first.GetId() {
			t.Errorf("a repeat made job %s, the first call %s", again.GetId(), first.GetId())
		}
		if other := c.create("s", spec); other.GetId() == first.GetId() {
			t.Error("another request id made the same job")
		}
		c.wait(first.GetId())
		c.restart()
		if again := c.create("r", spec); again.GetId() != first.GetId() || again.GetState() != octetv1.JobState_JOB_STATE_SUCCEEDED {
			t.Errorf("a repeat after a restart: %v", again)
		}
		changed := proto.CloneOf(spec)
		changed.Strict = true
		_, err := c.jobs.CreateJob(t.Context(), &octetv1.CreateJobRequest{RequestId: "r", Spec: changed})
		wantCode(t, "another specification", err, codes.AlreadyExists)
		if !strings.Contains(status.Convert(err).Message(), first.GetId()) {
			t.Errorf("the error does not name the job: %v", err)
		}
	})
}

// An earlier call wrote to the journal, and its answer was lost before the coordinator took the job up.
func TestARepeatTakesUpAJobThatOnlyTheJournalKnows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		c.worker("a", nil)
		spec := c.spec(convModel(t, 8))
		c.journal.set(func(op, _ string) error {
			if op == "create" {
				time.Sleep(2 * time.Second)
			}
			return nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := c.jobs.CreateJob(ctx, &octetv1.CreateJobRequest{RequestId: "r", Spec: spec})
		wantCode(t, "a client that leaves", err, codes.DeadlineExceeded)
		time.Sleep(2 * time.Second)
		if records, err := c.journal.Load(t.Context()); err != nil || len(records) != 1 {
			t.Errorf("the journal holds %d jobs, %v", len(records), err)
		}
		c.result(c.wait(c.create("r", spec).GetId()))

		own, err := specFromWire(spec)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.journal.Create(t.Context(), Record{ID: "j-lost", RequestID: "lost", Spec: own, State: Preparing, Numerics: numerics.Version, Created: time.Now()}); err != nil {
			t.Fatal(err)
		}
		if j := c.create("lost", spec); j.GetId() != "j-lost" {
			t.Errorf("the repeat made job %s", j.GetId())
		}
		c.result(c.wait("j-lost"))
	})
}

func TestBadRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		m := convModel(t, 4)
		good := c.spec(m)
		text, err := m.manifest.Encode()
		if err != nil {
			t.Fatal(err)
		}
		empty := c.upload(bytes.Replace(text, []byte(`"samples":4`), []byte(`"samples":0`), 1))
		later := protowire.AppendVarint(protowire.AppendTag(nil, 999, protowire.VarintType), 1)
		for name, change := range map[string]func(r *octetv1.CreateJobRequest){
			"no request id":           func(r *octetv1.CreateJobRequest) { r.RequestId = "" },
			"long request id":         func(r *octetv1.CreateJobRequest) { r.RequestId = strings.Repeat("ä", maxRequestID+1) },
			"no specification":        func(r *octetv1.CreateJobRequest) { r.Spec = nil },
			"no source":               func(r *octetv1.CreateJobRequest) { r.Spec.Source = nil },
			"upper-case digest":       func(r *octetv1.CreateJobRequest) { r.Spec.Source.Digest = strings.ToUpper(r.Spec.Source.Digest) },
			"path for a digest":       func(r *octetv1.CreateJobRequest) { r.Spec.Source.Digest = "../../../../etc/passwd" },
			"negative size":           func(r *octetv1.CreateJobRequest) { r.Spec.Source.Size = -1 },
			"wrong size":              func(r *octetv1.CreateJobRequest) { r.Spec.Source.Size++ },
			"unknown scheme":          func(r *octetv1.CreateJobRequest) { r.Spec.Scheme = 99 },
			"unknown rules":           func(r *octetv1.CreateJobRequest) { r.Spec.Compat = 99 },
			"unknown io":              func(r *octetv1.CreateJobRequest) { r.Spec.Io = 99 },
			"int8 without ranges":     func(r *octetv1.CreateJobRequest) { r.Spec.Dataset = nil },
			"dataset and ranges":      func(r *octetv1.CreateJobRequest) { r.Spec.Ranges = r.Spec.Source },
			"recipe of no scheme":     func(r *octetv1.CreateJobRequest) { r.Spec.Recipe = "scheme: int7" },
			"recipe of another":       func(r *octetv1.CreateJobRequest) { r.Spec.Recipe = "scheme: dynamic" },
			"long name":               func(r *octetv1.CreateJobRequest) { r.Spec.SourceName = strings.Repeat("x", maxName+1) },
			"dataset is no manifest":  func(r *octetv1.CreateJobRequest) { r.Spec.Dataset = r.Spec.Source },
			"empty dataset":           func(r *octetv1.CreateJobRequest) { r.Spec.Dataset = empty },
			"unknown field":           func(r *octetv1.CreateJobRequest) { r.ProtoReflect().SetUnknown(later) },
			"unknown option":          func(r *octetv1.CreateJobRequest) { r.Spec.ProtoReflect().SetUnknown(later) },
			"unknown field of a blob": func(r *octetv1.CreateJobRequest) { r.Spec.Source.ProtoReflect().SetUnknown(later) },
		} {
			req := &octetv1.CreateJobRequest{RequestId: "r", Spec: proto.CloneOf(good)}
			change(req)
			_, err := c.jobs.CreateJob(t.Context(), req)
			wantCode(t, name, err, codes.InvalidArgument)
			if strings.HasPrefix(name, "unknown field") && !strings.Contains(err.Error(), "has a field 999, which this coordinator does not know") {
				t.Errorf("%s: %v", name, err)
			}
			if name == "empty dataset" && !strings.Contains(err.Error(), "the dataset is empty") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if resp, err := c.jobs.ListJobs(t.Context(), &octetv1.ListJobsRequest{}); err != nil || len(resp.GetJobs()) > 0 {
			t.Errorf("there are jobs: %v, %v", resp, err)
		}
	})
}

func TestMissingBlobsAreNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		m := convModel(t, 4)
		text, err := m.manifest.Encode()
		if err != nil {
			t.Fatal(err)
		}
		ref := func(data []byte) *octetv1.Blob {
			return &octetv1.Blob{Digest: string(store.Of(data)), Size: int64(len(data))}
		}
		spec := &octetv1.JobSpec{Source: ref(m.source), SourceName: m.name, Scheme: octetv1.Scheme_SCHEME_INT8, Dataset: ref(text)}
		missing := func(want ...string) {
			t.Helper()
			_, err := c.jobs.CreateJob(t.Context(), &octetv1.CreateJobRequest{RequestId: "r", Spec: spec})
			wantCode(t, "missing "+strings.Join(want, ", "), err, codes.FailedPrecondition)
			for _, w := range want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%v does not name %s", err, w)
				}
			}
		}
		missing("source "+spec.GetSource().GetDigest(), "dataset "+spec.GetDataset().GetDigest())
		c.upload(m.source)
		missing("dataset " + spec.GetDataset().GetDigest())
		c.upload(text)
		missing("dataset blob samples.npy " + string(m.manifest.Refs()[0].Digest))
		c.spec(m)
		c.create("r", spec)
	})
	many := make([]string, 25)
	for i := range many {
		many[i] = fmt.Sprint("blob", i)
	}
	if err := missingStatus(many); !strings.HasSuffix(err.Error(), "blob9, and 15 more") {
		t.Error(err)
	}
}

func TestListPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		source := c.upload([]byte("no model"))
		var want []string
		for i := range 25 {
			want = append([]string{c.create(fmt.Sprint("r", i), &octetv1.JobSpec{Source: source}).GetId()}, want...)
			time.Sleep(time.Duration(i%2) * time.Second) // some are of the same moment
		}
		list := func(req *octetv1.ListJobsRequest) (ids []string, sizes []int) {
			t.Helper()
			for {
				resp, err := c.jobs.ListJobs(t.Context(), req)
				if err != nil {
					t.Fatal(err)
				}
				for _, j := range resp.GetJobs() {
					ids = append(ids, j.GetId())
				}
				sizes = append(sizes, len(resp.GetJobs()))
				if req.PageToken = resp.GetNextPageToken(); req.PageToken == "" {
					return ids, sizes
				}
			}
		}
		all, _ := list(&octetv1.ListJobsRequest{})
		paged, sizes := list(&octetv1.ListJobsRequest{PageSize: 10})
		if diff := cmp.Diff([]int{10, 10, 5}, sizes); diff != "" {
			t.Error(diff)
		}
		if _, sizes := list(&octetv1.ListJobsRequest{PageSize: 25}); len(sizes) != 1 {
			t.Errorf("pages of %v jobs: the last page has a token", sizes)
		}
		if diff := cmp.Diff(all, paged); diff != "" {
			t.Error(diff)
		}
		// Jobs of one moment are in any order; those of different moments are not.
		at := map[string]int{}
		for i, id := range all {
			at[id] = i
		}
		for i, id := range want {
			if d := at[id] - i; d < -1 || d > 1 {
				t.Errorf("job %d of %d is listed at %d", i, len(want), at[id])
			}
		}

		// A job that is created while somebody reads pages does not show twice, nor hide another.
		first, err := c.jobs.ListJobs(t.Context(), &octetv1.ListJobsRequest{PageSize: 10})
		if err != nil {
			t.Fatal(err)
		}
		c.create("new", &octetv1.JobSpec{Source: source})
		rest, _ := list(&octetv1.ListJobsRequest{PageToken: first.GetNextPageToken()})
		if diff := cmp.Diff(all[10:], rest); diff != "" {
			t.Error(diff)
		}
		for name, req := range map[string]*octetv1.ListJobsRequest{
			"negative size": {PageSize: -1}, "no token of ours": {PageToken: "x"}, "digits only": {PageToken: strings.Repeat("1", 20)},
		} {
			_, err := c.jobs.ListJobs(t.Context(), req)
			wantCode(t, name, err, codes.InvalidArgument)
		}
	})
}

// A page ends before it outgrows a message of gRPC.
func TestListPagesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		c.server.mu.Lock()
		for i := range 200 {
			c.server.published.put(Record{
				ID: fmt.Sprint("j", i), State: Failed, Error: &Failure{Kind: Internal, Message: clip(strings.Repeat("x", maxMessage))}, Created: time.Now().Add(time.Duration(i)),
			})
		}
		c.server.mu.Unlock()
		n, pages, token := 0, 0, ""
		for {
			resp, err := c.jobs.ListJobs(t.Context(), &octetv1.ListJobsRequest{PageSize: 1000, PageToken: token})
			if err != nil {
				t.Fatal(err)
			}
			if size := proto.Size(resp); size > maxPageBytes+2*maxMessage {
				t.Errorf("a page of %d bytes", size)
			}
			n, pages = n+len(resp.GetJobs()), pages+1
			if token = resp.GetNextPageToken(); token == "" {
				break
			}
		}
		if n != 200 || pages < 10 {
			t.Errorf("%d jobs on %d pages", n, pages)
		}
	})
}

func TestWatchShowsTheWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		free := c.busy()
		id := c.create("r", c.spec(convModel(t, 12))).GetId()
		stream, err := c.jobs.WatchJob(t.Context(), &octetv1.WatchJobRequest{Id: id})
		if err != nil {
			t.Fatal(err)
		}
		var states []string
		waiting := map[string]bool{}
		add := func() *octetv1.Job {
			resp, err := stream.Recv()
			if err != nil {
				t.Fatal(err)
			}
			j := resp.GetJob()
			s := strings.TrimPrefix(j.GetState().String(), "JOB_STATE_")
			if len(states) == 0 || states[len(states)-1] != s {
				states = append(states, s)
			}
			waiting[j.GetProgress().GetWaiting()] = true
			return j
		}
		add()
		free(2)
		for j := add(); j.GetState() != octetv1.JobState_JOB_STATE_CALIBRATING; j = add() {
		}
		c.worker("a", nil)
		for j := add(); j.GetState() != octetv1.JobState_JOB_STATE_SUCCEEDED; j = add() {
		}
		if states[0] != "PREPARING" || states[1] != "CALIBRATING" {
			t.Errorf("states: %v", states)
		}
		if !waiting["no worker is registered"] {
			t.Errorf("nobody says why nothing runs: %v", waiting)
		}
		if _, err := stream.Recv(); err == nil {
			t.Error("the stream goes on behind the final state")
		}
		if j := c.wait(id); j.GetState() != octetv1.JobState_JOB_STATE_SUCCEEDED || j.GetProgress().GetSamplesDone() != 12 {
			t.Errorf("a late watcher sees %v", j)
		}
	})
}

// A watcher gets at most ten states a second, however fast things happen, and the last one for certain.
func TestWatchIsThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		c.worker("a", func(w *fakeWorker, req *octetv1.RunShardRequest, stream grpc.ServerStreamingServer[octetv1.RunShardResponse]) error {
			for i := range int64(70) {
				if err := stream.Send(&octetv1.RunShardResponse{SamplesDone: i}); err != nil {
					return err
				}
				time.Sleep(15 * time.Millisecond)
			}
			return never(w, req, stream)
		})
		id := c.create("r", c.spec(newModel(t, testmodel.Conv(), "random:normal?samples=20000"))).GetId()
		stream, err := c.jobs.WatchJob(t.Context(), &octetv1.WatchJobRequest{Id: id})
		if err != nil {
			t.Fatal(err)
		}
		start, n := time.Now(), 0
		for {
			resp, err := stream.Recv()
			if err != nil {
				t.Fatal(err)
			}
			if n++; resp.GetJob().GetProgress().GetSamplesDone() == 69 {
				break
			}
		}
		if took := time.Since(start).Seconds(); float64(n) < 8*took || float64(n) > 10*took+3 {
			t.Errorf("%d states in %.2f seconds", n, took)
		}
	})
}

func TestUnknownJobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		_, err := c.jobs.GetJob(t.Context(), &octetv1.GetJobRequest{Id: "j-no"})
		wantCode(t, "GetJob", err, codes.NotFound)
		_, err = c.jobs.CancelJob(t.Context(), &octetv1.CancelJobRequest{Id: "j-no"})
		wantCode(t, "CancelJob", err, codes.NotFound)
		_, err = c.jobs.DeleteJob(t.Context(), &octetv1.DeleteJobRequest{Id: "j-no"})
		wantCode(t, "DeleteJob", err, codes.NotFound)
		stream, err := c.jobs.WatchJob(t.Context(), &octetv1.WatchJobRequest{Id: "j-no"})
		if err == nil {
			_, err = stream.Recv()
		}
		wantCode(t, "WatchJob", err, codes.NotFound)
	})
}

func TestCancelStopsTheWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		stopped := make(chan struct{})
		w := c.worker("a", func(w *fakeWorker, req *octetv1.RunShardRequest, stream grpc.ServerStreamingServer[octetv1.RunShardResponse]) error {
			defer close(stopped)
			return never(w, req, stream)
		})
		spec := c.spec(convModel(t, 4))
		id := c.create("r", spec).GetId()
		_, work, _ := c.server.job(id)
		time.Sleep(time.Second)
		for range 2 { // the second finds it cancelled
			resp, err := c.jobs.CancelJob(t.Context(), &octetv1.CancelJobRequest{Id: id})
			if err != nil || resp.GetJob().GetState() != octetv1.JobState_JOB_STATE_CANCELLED {
				t.Fatal(resp, err)
			}
		}
		<-stopped
		<-work.Done() // also what this process does for the job
		w.set(nil)
		c.result(c.wait(c.create("next", spec).GetId())) // the slot is free
		if got := c.get(id); got.GetState() != octetv1.JobState_JOB_STATE_CANCELLED || got.GetEndTime() == nil {
			t.Errorf("the job is %v", got)
		}
		c.restart()
		if got := c.get(id); got.GetState() != octetv1.JobState_JOB_STATE_CANCELLED {
			t.Errorf("after a restart the job is %v", got)
		}
	})
}

// A job is cancelled and deleted while it waits for its turn, or is in the middle of it. What comes of that must not matter.
func TestCancelAndDeleteWhilePreparing(t *testing.T) {
	for _, when := range []string{"waiting", "reading"} {
		t.Run(when, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCluster(t)
				free := func(int) {}
				reading, goOn := make(chan struct{}), make(chan struct{})
				if when == "waiting" {
					free = c.busy()
				} else {
					c.journal.set(func(op, _ string) error {
						if op == "accepted" {
							close(reading)
							<-goOn
						}
						return nil
					})
				}
				w := c.worker("a", nil)
				id := c.create("r", c.spec(convModel(t, 4))).GetId()
				if when == "reading" {
					<-reading
				}
				if _, err := c.jobs.CancelJob(t.Context(), &octetv1.CancelJobRequest{Id: id}); err != nil {
					t.Fatal(err)
				}
				if _, err := c.jobs.DeleteJob(t.Context(), &octetv1.DeleteJobRequest{Id: id}); err != nil {
					t.Fatal(err)
				}
				free(2)
				close(goOn)
				synctest.Wait()
				if _, err := c.jobs.GetJob(t.Context(), &octetv1.GetJobRequest{Id: id}); status.Code(err) != codes.NotFound {
					t.Errorf("GetJob: %v", err)
				}
				if n := len(w.called()); n > 0 {
					t.Errorf("%d shards were run", n)
				}
				c.server.mu.Lock()
				defer c.server.mu.Unlock()
				if len(c.server.machine.jobs) > 0 || len(c.server.jobs) > 0 || len(c.server.held) > 0 {
					t.Errorf("left over: %v, %v, %v", c.server.machine.jobs, c.server.jobs, c.server.held)
				}
			})
		})
	}
}

func TestDelete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		w := c.worker("a", never)
		spec := c.spec(convModel(t, 4))
		id := c.create("r", spec).GetId()
		time.Sleep(time.Second)
		_, err := c.jobs.DeleteJob(t.Context(), &octetv1.DeleteJobRequest{Id: id})
		wantCode(t, "DeleteJob of a job that runs", err, codes.FailedPrecondition)
		if _, err := c.jobs.CancelJob(t.Context(), &octetv1.CancelJobRequest{Id: id}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.jobs.DeleteJob(t.Context(), &octetv1.DeleteJobRequest{Id: id}); err != nil {
			t.Fatal(err)
		}
		_, err = c.jobs.DeleteJob(t.Context(), &octetv1.DeleteJobRequest{Id: id})
		wantCode(t, "DeleteJob once more", err, codes.NotFound)
		w.set(nil)
		again := c.create("r", spec)
		if again.GetId() == id {
			t.Error("the request id still names the deleted job")
		}
		c.result(c.wait(again.GetId()))
	})
}
