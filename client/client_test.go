package client

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	octetv1 "github.com/octetlite/octet/proto/octet/v1"
)

// A watcher sees a job to its end though the coordinator is stopped, is away for a while, and comes back.
func TestWatchSurvivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		c := f.dial()
		f.job = func(n int) (*octetv1.Job, error) {
			time.Sleep(time.Second)
			switch {
			case n < 3:
				return &octetv1.Job{Id: "j", State: octetv1.JobState_JOB_STATE_CALIBRATING, Progress: &octetv1.Progress{SamplesDone: int64(n)}}, nil
			case n == 3:
				go func() {
					f.halt()
					time.Sleep(40 * time.Second)
					f.start()
				}()
				return nil, nil // the stream ends early
			}
			return &octetv1.Job{Id: "j", State: octetv1.JobState_JOB_STATE_SUCCEEDED}, nil
		}
		var states []State
		last, err := c.Watch(t.Context(), "j", func(j Job) { states = append(states, j.State) })
		if err != nil || last.State != Succeeded {
			t.Fatal(last, err)
		}
		if diff := cmp.Diff([]State{Calibrating, Calibrating, Calibrating, Succeeded}, states); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWatchGivesUp(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		want func(error) bool
		most time.Duration
	}{
		"nobody there": {status.Error(codes.Unavailable, "the coordinator is starting"), func(err error) bool { return status.Code(err) == codes.Unavailable }, patience},
		"no such job":  {status.Error(codes.NotFound, "x"), func(err error) bool { return errors.Is(err, ErrNotFound) }, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t)
				c := f.dial()
				f.down = func() error { return tt.err }
				start := time.Now()
				if _, err := c.Watch(t.Context(), "j", nil); !tt.want(err) {
					t.Errorf("%v", err)
				}
				if took := time.Since(start); took > tt.most {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

// The answer to a call is lost: it is made again, under the same request id.
func TestCreateIsRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		c := f.dial()
		n := 0
		f.down = func() error {
			if n++; n < 3 {
				return status.Error(codes.Unavailable, "no leader")
			}
			return nil
		}
		j, err := c.Create(t.Context(), "r", Spec{Scheme: "int8", IO: "uint8"})
		if err != nil || j.ID != "j-1" || j.Scheme != "int8" {
			t.Fatal(j, err)
		}
		if len(f.creates) != 3 || f.creates[2].GetRequestId() != "r" || !proto.Equal(f.creates[0], f.creates[2]) {
			t.Errorf("calls: %v", f.creates)
		}
		n, f.creates = 0, nil
		f.down = func() error { return status.Error(codes.AlreadyExists, "another specification") }
		if _, err := c.Create(t.Context(), "r", Spec{}); status.Code(err) != codes.AlreadyExists || len(f.creates) != 1 {
			t.Errorf("%v after %d calls", err, len(f.creates))
		}
		if _, err := c.Create(t.Context(), "r", Spec{IO: "int4"}); err == nil || len(f.creates) != 1 {
			t.Errorf("an unknown type of inputs: %v", err)
		}
	})
}

// A cluster is without a leader for a long time: a job is created when there is one, for as long as the context lets the client wait.
func TestCreateFollowsTheLeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		c := f.dial()
		create := func(ctx context.Context) (took time.Duration, err error) {
			start := time.Now()
			_, err = c.Create(ctx, "r", Spec{})
			return time.Since(start), err
		}
		f.halt()
		if took, err := create(t.Context()); !away(err) || took > contactPatience {
			t.Errorf("an address at which nobody ever answered: %v after %v", err, took)
		}
		f.start()
		var told []string
		c.Waits = func(why string, _ time.Duration) { told = append(told, why) }
		begin := time.Now()
		f.down = func() error {
			if time.Since(begin) < 10*time.Minute {
				return status.Error(codes.Unavailable, "no leader")
			}
			return nil
		}
		if took, err := create(t.Context()); err != nil || took < 10*time.Minute || took > 10*time.Minute+maxPause {
			t.Errorf("a leader after ten minutes: %v after %v", err, took)
		}
		// It is connected to at the first attempt or at a later one, by the chance in gRPC's pauses.
		if refused := "coordinator passthrough:///fake does not answer: connection refused"; len(told) != 1 || told[0] != refused && told[0] != "no leader" {
			t.Errorf("what is told of the wait: %q", told)
		}
		f.halt()
		time.AfterFunc(5*time.Minute, f.start)
		if took, err := create(t.Context()); err != nil || took < 5*time.Minute || took > 5*time.Minute+2*reconnect.MaxDelay {
			t.Errorf("a coordinator that comes back after five minutes: %v after %v", err, took)
		}
		f.halt()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if took, err := create(ctx); !errors.Is(err, context.DeadlineExceeded) || took != time.Hour {
			t.Errorf("a context of an hour: %v after %v", err, took)
		}
		c.Patience = time.Minute
		if took, err := create(t.Context()); !away(err) || took > time.Minute {
			t.Errorf("a patience of a minute: %v after %v", err, took)
		}
		c.Patience = 0
		f.start()
		f.down = func() error { return status.Error(codes.ResourceExhausted, "message too large") }
		if took, err := create(t.Context()); status.Code(err) != codes.ResourceExhausted || took > patience {
			t.Errorf("no room, and no time to come back: %v after %v", err, took)
		}
	})
}

func TestListReadsAllPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		c := f.dial()
		f.list = func(token string) ([]*octetv1.Job, string) {
			next := map[string]string{"": "b", "b": "c", "c": ""}[token]
			return []*octetv1.Job{{Id: "1" + token}, {Id: "2" + token}}, next
		}
		jobs, err := c.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, j := range jobs {
			ids = append(ids, j.ID)
		}
		if diff := cmp.Diff([]string{"1", "2", "1b", "2b", "1c", "2c"}, ids); diff != "" {
			t.Error(diff)
		}
	})
}

func TestErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFake(t).dial()
		if _, err := c.Get(t.Context(), "j-1"); !errors.Is(err, ErrNotFound) || err.Error() != "job not found: j-1" {
			t.Errorf("Get: %v", err)
		}
		if err := c.Delete(t.Context(), "j-1"); status.Code(err) != codes.FailedPrecondition {
			t.Errorf("Delete: %v", err)
		}
	})
}

// filled returns a struct with every field set to something, of which no two are alike.
func filled(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(v.Elem(), n)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(int64(*n), 0).UTC()))
			return
		}
		for _, f := range v.Fields() {
			filled(f, n)
		}
	case reflect.String:
		v.SetString(fmt.Sprint("s", *n))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		filled(v.Index(0), n)
	}
}

// Every field of a specification reaches the wire: none is equal to its message with that field left out.
func TestSpecToWire(t *testing.T) {
	var full Spec
	n := 0
	filled(reflect.ValueOf(&full).Elem(), &n)
	full.IO, full.Scheme, full.Verification.Task, full.Priority = "float32", "int16x8", "segment", "high"
	want, err := requestToWire("r", full)
	if err != nil {
		t.Fatal(err)
	}
	for i := range reflect.TypeFor[Spec]().NumField() {
		s := full
		f := reflect.ValueOf(&s).Elem().Field(i)
		f.SetZero()
		got, err := requestToWire("r", s)
		if err != nil {
			t.Fatal(err)
		}
		if proto.Equal(want, got) {
			t.Errorf("%s does not reach the wire", reflect.TypeFor[Spec]().Field(i).Name)
		}
	}
	for i := range reflect.TypeFor[Verification]().NumField() {
		s, v := full, *full.Verification
		s.Verification = &v
		reflect.ValueOf(&v).Elem().Field(i).SetZero()
		if got, err := requestToWire("r", s); err != nil || proto.Equal(want, got) {
			t.Errorf("%s of a verification does not reach the wire (%v)", reflect.TypeFor[Verification]().Field(i).Name, err)
		}
	}
	empty, err := specToWire(Spec{})
	if diff := cmp.Diff(&octetv1.JobSpec{Source: &octetv1.Blob{}, Scheme: octetv1.Scheme_SCHEME_NONE}, empty, protocmp.Transform()); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

// A coordinator of an earlier version answers with a job that lacks what it does not know of the request.
func TestCreateNoticesAnEarlierCoordinator(t *testing.T) {
	f := newFake(t)
	c := f.dial()
	spec := Spec{Scheme: "int8", Recipe: "scheme: int8", KeepFloat: []string{"SOFTMAX"}}
	if _, err := c.Create(t.Context(), "r", spec); err != nil || len(f.cancels) > 0 {
		t.Fatalf("%v, cancelled: %v", err, f.cancels)
	}
	for _, field := range []protoreflect.Name{"recipe", "keep_float"} {
		f.forgets, f.cancels = field, nil
		_, err := c.Create(t.Context(), "r", spec)
		if err == nil || !strings.Contains(err.Error(), string(field)) || !strings.Contains(err.Error(), "earlier version") || len(f.cancels) != 1 {
			t.Errorf("%s: %v, cancelled: %v", field, err, f.cancels)
		}
	}
}

func TestJobFromWire(t *testing.T) {
	var want Job
	n := 0
	filled(reflect.ValueOf(&want).Elem(), &n)
	want.State, want.Scheme, want.Error.Kind, want.Priority = Failed, "int8", "refused", "low"
	blob := func(r *Ref) *octetv1.Blob { return &octetv1.Blob{Digest: string(r.Digest), Size: r.Size} }
	got := jobFromWire(&octetv1.Job{
		Id: want.ID, Spec: &octetv1.JobSpec{SourceName: want.SourceName, Scheme: octetv1.Scheme_SCHEME_INT8}, State: octetv1.JobState_JOB_STATE_FAILED,
		Progress: &octetv1.Progress{
			SamplesDone: int64(want.Progress.SamplesDone), SamplesTotal: int64(want.Progress.SamplesTotal),
			ShardsDone: int32(want.Progress.ShardsDone), ShardsTotal: int32(want.Progress.ShardsTotal),
			AttemptsRunning: int32(want.Progress.Running), Waiting: want.Progress.Waiting,
		},
		StatisticsFrom: want.StatsFrom, Namespace: want.Namespace, Priority: octetv1.Priority_PRIORITY_LOW,
		CreateTime: timestamppb.New(want.Created), EndTime: timestamppb.New(want.Ended), NumericsVersion: int32(want.Numerics),
		Result: &octetv1.JobResult{Model: blob(want.Model), Stats: blob(want.Stats), Report: blob(want.Report), Verification: blob(want.Verified), Choice: blob(want.Choice)},
		Error:  &octetv1.JobError{Kind: octetv1.ErrorKind_ERROR_KIND_REFUSED, Message: want.Error.Message, Sample: want.Error.Sample},
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for number := range octetv1.JobState_name {
		if s := stateFromWire[octetv1.JobState(number)]; (s == "") != (number == 0) {
			t.Errorf("state %d is %q", number, s)
		}
	}
	for number := range octetv1.ErrorKind_name {
		if k := kindFromWire[octetv1.ErrorKind(number)]; (k == "") != (number == 0) {
			t.Errorf("kind %d is %q", number, k)
		}
	}
}
