package coordinator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
	"go.uber.org/zap"
)

// Election makes one of several coordinators lead.
type Election interface {
	// Campaign waits until this coordinator, which others reach at HOST:PORT, leads, and returns its term. It fails when the context ends.
	Campaign(ctx context.Context, addr string) (*Term, error)
	// Follow calls f with the address of the coordinator that leads, "" if none does, at once and after each change, until the context ends.
	Follow(ctx context.Context, f func(addr string))
	// Store returns the store that the coordinators share. The given one becomes it if there is none yet, or if it is to be adopted in place of another.
	Store(ctx context.Context, mine Place, adopt bool) (Place, error)
}

// Term is what a coordinator leads by.
type Term struct {
	// Number grows from term to term. Workers are told it with each call, and refuse those of an earlier term.
	Number int64
	// Journal refuses to write once the term is over: ErrDeposed.
	Journal Journal
	// Over is closed when the coordinator must not rely on leading any longer; nil if that never is.
	Over <-chan struct{}
	// Resign ends the term, so that a successor need not wait until it expires. The context bounds it.
	Resign func(ctx context.Context)
}

// ErrDeposed is returned for a write to the journal by a coordinator that leads no longer.
var ErrDeposed = errors.New("this coordinator does not lead any more")

// Alone is the election of a coordinator that has no others beside it: it leads at once, and for ever.
func Alone(j Journal) Election { return alone{j} }

type alone struct{ journal Journal }

func (a alone) Campaign(context.Context, string) (*Term, error) {
	return &Term{Journal: a.journal, Resign: func(context.Context) {}}, nil
}

func (alone) Follow(context.Context, func(string)) {}

func (alone) Store(_ context.Context, mine Place, _ bool) (Place, error) { return mine, nil }

// EtcdElection is an Election in etcd, in the form of client/v3's concurrency, under PREFIX/leader. The leader's key lives under a lease; its revision when it was
// created is the number of the term, and each write to the journal PREFIX is a transaction that compares it.
type EtcdElection struct {
	client *clientv3.Client
	prefix string
	lease  time.Duration
	log    *zap.Logger
}

// electionPause lies between two attempts to reach etcd.
const electionPause = 500 * time.Millisecond

// NewEtcdElection returns the election of the coordinators that share the journal under a prefix. A leader that is not heard of for the time of its lease, a second at
// least, is succeeded.
func NewEtcdElection(client *clientv3.Client, prefix string, lease time.Duration, log *zap.Logger) *EtcdElection {
	return &EtcdElection{client, strings.TrimSuffix(prefix, "/"), max(lease, time.Second), log}
}

func (e *EtcdElection) keys() string { return e.prefix + "/leader" }

// Campaign implements Election. While etcd can't be reached, it waits.
func (e *EtcdElection) Campaign(ctx context.Context, addr string) (*Term, error) {
	for {
		t, err := e.campaign(ctx, addr)
		if err == nil {
			return t, nil
		}
		if ctx.Err() == nil {
			e.log.Warn("candidacy_failed", zap.Error(explained(err)))
		}
		if !sleep(ctx, electionPause) {
			return nil, fmt.Errorf("election: %w", ctx.Err())
		}
	}
}

// campaign stands for election under one lease.
func (e *EtcdElection) campaign(ctx context.Context, addr string) (_ *Term, err error) {
	life, end := context.WithCancel(context.WithoutCancel(ctx)) // of the lease, which outlives ctx until the term is resigned
	defer func() {
		if err != nil {
			end()
		}
	}()
	wait := context.AfterFunc(ctx, end)
	session, err := concurrency.NewSession(e.client, concurrency.WithTTL(int(e.lease/time.Second)), concurrency.WithContext(life))
	if err != nil {
		return nil, err
	}
	election := concurrency.NewElection(session, e.keys())
	// The session's context ends with its lease: a candidate whose key is gone must not go on waiting for others' to go.
	if err := election.Campaign(clientv3.WithRequireLeader(session.Ctx()), addr); err != nil {
		return nil, err
	}
	if !wait() {
		return nil, ctx.Err()
	}
	journal := NewEtcdJournal(e.client, e.prefix)
	journal.fence = &fence{election.Key(), election.Rev()}
	return &Term{Number: election.Rev(), Journal: journal, Over: session.Done(), Resign: func(ctx context.Context) {
		_, _ = e.client.Revoke(ctx, session.Lease()) // else it expires
		end()
	}}, nil
}

// Store implements Election, under PREFIX/store.
func (e *EtcdElection) Store(ctx context.Context, mine Place, adopt bool) (have Place, err error) {
	value, err := json.Marshal(mine)
	if err != nil {
		return Place{}, err
	}
	key := e.prefix + "/store"
	put := clientv3.OpPut(key, string(value))
	if adopt {
		_, err := e.client.Do(ctx, put)
		return mine, explained(err)
	}
	resp, err := e.client.Txn(ctx).If(clientv3.Compare(clientv3.CreateRevision(key), "=", 0)).Then(put).Else(clientv3.OpGet(key)).Commit()
	if err != nil || resp.Succeeded {
		return mine, explained(err)
	}
	err = json.Unmarshal(resp.Responses[0].GetResponseRange().Kvs[0].Value, &have)
	return have, err
}

// Follow implements Election. A watch that is lost, or whose revision was compacted, begins anew with what is there.
func (e *EtcdElection) Follow(ctx context.Context, f func(addr string)) {
	for last, first := "", true; ; {
		resp, err := e.client.Get(ctx, e.keys()+"/", clientv3.WithFirstCreate()...)
		if err == nil {
			addr := ""
			if len(resp.Kvs) > 0 {
				addr = string(resp.Kvs[0].Value)
			}
			if first || addr != last {
				f(addr)
			}
			last, first = addr, false
			err = e.change(ctx, resp.Header.GetRevision()+1)
		}
		if ctx.Err() != nil || err != nil && !sleep(ctx, electionPause) {
			return
		}
	}
}

// change waits for a change of the candidates from a revision on.
func (e *EtcdElection) change(ctx context.Context, from int64) error {
	ctx, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
	defer cancel()
	for resp := range e.client.Watch(ctx, e.keys()+"/", clientv3.WithPrefix(), clientv3.WithRev(from)) {
		return resp.Err()
	}
	return errors.New("the watch ended")
}
