package coordinator

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// Journal keeps jobs and the results of their shards over restarts. Writes of a coordinator that leads no longer change nothing: ErrDeposed.
type Journal interface {
	StreamJournal
	HistoryJournal
	ClockJournal
	// Load returns all jobs.
	Load(ctx context.Context) ([]Record, error)
	// Create adds a job, unless there is one with its request id already, which is returned then.
	Create(ctx context.Context, r Record) (have Record, created bool, err error)
	// Save overwrites a job that is there; ErrGone if it is not. With a final state the results of its shards go, which nobody needs any more.
	Save(ctx context.Context, r Record) error
	// Accept keeps a shard's result unless there is one already, and returns the one that is kept. ErrGone if the job is not there, ErrOver if it has ended.
	Accept(ctx context.Context, job string, shard int, digest string) (kept string, err error)
	// Accepted returns the results that are kept, by the shards' numbers.
	Accepted(ctx context.Context, job string) (map[int]string, error)
	// Delete removes a job and its results.
	Delete(ctx context.Context, r Record) error
}

// ErrGone is returned for a job that the journal does not hold.
var ErrGone = errors.New("the job is not in the journal")

// ErrOver is returned for the result of a shard whose job has ended in the journal: the results of such a job are gone, and none may be left behind.
var ErrOver = errors.New("the job has ended in the journal")

// EtcdJournal keeps the journal in etcd, under a prefix:
//
//	PREFIX/jobs/ID            the Record as JSON
//	PREFIX/requests/SHA256    the id of the job that a request id made
//	PREFIX/results/ID/SHARD   the digest of a shard's accepted result, by the shard's number
//	PREFIX/history/ID         the HistoryRecord of a job, as JSON
//	PREFIX/streams/SHA256     the StreamRecord of a namespace's stream id, as JSON
//	PREFIX/chunks/SHA256/N    the Blob of one of its chunks, as JSON
//	PREFIX/clock              the ClockRecord, as JSON
type EtcdJournal struct {
	client *clientv3.Client
	prefix string
	fence  *fence // nil if there is one coordinator
	seen   *revisions
	open   *revisions // of jobs' records, the latest that are known, while they are not final
}

// fence is the key that must be in etcd, and the revision at which it was created, for a write to take place.
type fence struct {
	key      string
	revision int64
}

// NewEtcdJournal returns a journal under the given prefix.
func NewEtcdJournal(client *clientv3.Client, prefix string) *EtcdJournal {
	return &EtcdJournal{client: client, prefix: strings.TrimSuffix(prefix, "/"), seen: newRevisions(), open: newRevisions()}
}

func (j *EtcdJournal) job(id string) string { return j.prefix + "/jobs/" + id }

func (j *EtcdJournal) request(id string) string {
	sum := sha256.Sum256([]byte(id))
	return j.prefix + "/requests/" + hex.EncodeToString(sum[:])
}

func (j *EtcdJournal) results(id string) string { return j.prefix + "/results/" + id + "/" }

// pageSize is how many keys are read at a time, so that one answer stays small.
const pageSize = 1000

// each calls f with all keys under a prefix, as they are at one revision, in the order of the keys.
func (j *EtcdJournal) each(ctx context.Context, prefix string, f func(key string, value []byte) error) error {
	return j.eachKey(ctx, prefix, func(kv *mvccpb.KeyValue) error { return f(string(kv.Key), kv.Value) })
}

// records is each of keys that are written again later.
func (j *EtcdJournal) records(ctx context.Context, prefix string, f func(key string, value []byte) error) error {
	return j.eachKey(ctx, prefix, func(kv *mvccpb.KeyValue) error {
		j.seen.set(string(kv.Key), kv.ModRevision)
		return f(string(kv.Key), kv.Value)
	})
}

// eachKey reads before it calls f: if etcd compacts meanwhile what is being read, it begins again.
func (j *EtcdJournal) eachKey(ctx context.Context, prefix string, f func(*mvccpb.KeyValue) error) error {
	all, err := j.keys(ctx, prefix)
	for errors.Is(err, rpctypes.ErrCompacted) {
		all, err = j.keys(ctx, prefix)
	}
	for _, kv := range all {
		if err := f(kv); err != nil {
			return err
		}
	}
	return err
}

// keys returns all keys under a prefix, as they are at one revision.
func (j *EtcdJournal) keys(ctx context.Context, prefix string) (all []*mvccpb.KeyValue, err error) {
	from, end := prefix, clientv3.GetPrefixRangeEnd(prefix)
	options := []clientv3.OpOption{clientv3.WithRange(end), clientv3.WithLimit(pageSize)}
	for {
		resp, err := j.client.Get(ctx, from, options...)
		if err != nil {
			return nil, err
		}
		if all = append(all, resp.Kvs...); !resp.More {
			return all, nil
		}
		from = string(all[len(all)-1].Key) + "\x00"
		if len(options) == 2 {
			options = append(options, clientv3.WithRev(resp.Header.Revision))
		}
	}
}

// commit writes in a transaction, if the conditions hold and the fence does; the operations of otherwise read, if not.
func (j *EtcdJournal) commit(ctx context.Context, when []clientv3.Cmp, then, otherwise []clientv3.Op) (*clientv3.TxnResponse, error) {
	if j.fence != nil {
		when = append(when, clientv3.Compare(clientv3.CreateRevision(j.fence.key), "=", j.fence.revision))
		otherwise = append(otherwise, clientv3.OpGet(j.fence.key, clientv3.WithKeysOnly()))
	}
	resp, err := j.client.Txn(ctx).If(when...).Then(then...).Else(otherwise...).Commit()
	if err != nil {
		return nil, explained(err)
	}
	if resp.Succeeded || j.fence == nil {
		return resp, nil
	}
	kvs := resp.Responses[len(resp.Responses)-1].GetResponseRange().Kvs
	if len(kvs) == 0 || kvs[0].CreateRevision != j.fence.revision {
		return nil, ErrDeposed
	}
	return resp, nil
}

func newRevisions() *revisions { return &revisions{at: map[string]int64{}} }

// revisions are those of keys when they were last written or read. A write whose outcome nobody learnt may take place later, behind others that came after it, when a member of etcd
// that had it goes on: each write compares, so that it changes nothing then.
type revisions struct {
	mu sync.Mutex
	at map[string]int64
}

func (r *revisions) get(key string) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at[key]
}

// set takes note of a key's revision, 0 if it is not there.
func (r *revisions) set(key string, revision int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at[key] = revision
	if revision == 0 {
		delete(r.at, key)
	}
}

// replace writes to a key, and to others beside it, unless an earlier try of this writer, the only one, did so already: then the key is at another revision than expected, and has the
// value that it is to have. If the key is not there, that is ErrGone, unless it may be made.
func (j *EtcdJournal) replace(ctx context.Context, key string, mayMake bool, value string, ops []clientv3.Op) error {
	for {
		known := j.seen.get(key)
		if known > 0 || mayMake {
			resp, err := j.commit(ctx, []clientv3.Cmp{clientv3.Compare(clientv3.ModRevision(key), "=", known)}, ops, nil)
			if err != nil {
				return err
			}
			if resp.Succeeded {
				j.seen.set(key, resp.Header.GetRevision())
				return nil
			}
		}
		have, err := j.client.Get(ctx, key)
		switch {
		case err != nil:
			return err
		case len(have.Kvs) > 0:
			j.seen.set(key, have.Kvs[0].ModRevision)
			if known > 0 && string(have.Kvs[0].Value) == value {
				return nil
			}
		case !mayMake:
			return ErrGone
		default:
			j.seen.set(key, 0)
		}
	}
}

// explained adds the way out to errors of etcd that do not go away by themselves.
func explained(err error) error {
	if errors.Is(err, rpctypes.ErrNoSpace) {
		return fmt.Errorf("etcd has reached its quota and takes no writes: compact and defragment it, raise --quota-backend-bytes if need be, then run etcdctl alarm disarm: %w", err)
	}
	return err
}

// Load implements Journal.
func (j *EtcdJournal) Load(ctx context.Context) ([]Record, error) {
	var all []Record
	err := j.records(ctx, j.prefix+"/jobs/", func(key string, value []byte) error {
		var r Record
		if err := json.Unmarshal(value, &r); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		all = append(all, r)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("journal: load: %w", err)
	}
	return all, nil
}

// Create implements Journal.
func (j *EtcdJournal) Create(ctx context.Context, r Record) (Record, bool, error) {
	value, err := json.Marshal(r)
	if err != nil {
		return Record{}, false, fmt.Errorf("journal: %w", err)
	}
	request := j.request(r.request())
	resp, err := j.commit(ctx, []clientv3.Cmp{clientv3.Compare(clientv3.CreateRevision(request), "=", 0)},
		[]clientv3.Op{clientv3.OpPut(request, r.ID), clientv3.OpPut(j.job(r.ID), string(value))},
		[]clientv3.Op{clientv3.OpGet(request)})
	if err != nil {
		return Record{}, false, fmt.Errorf("journal: create %s: %w", r.ID, err)
	}
	if resp.Succeeded {
		j.seen.set(j.job(r.ID), resp.Header.GetRevision())
		j.open.set(j.job(r.ID), resp.Header.GetRevision())
		return r, true, nil
	}
	id := string(resp.Responses[0].GetResponseRange().Kvs[0].Value)
	have, err := j.client.Get(ctx, j.job(id))
	switch {
	case err != nil:
		return Record{}, false, fmt.Errorf("journal: read %s: %w", id, err)
	case len(have.Kvs) == 0:
		return Record{}, false, fmt.Errorf("journal: %s: %w", id, ErrGone)
	}
	var old Record
	if err := json.Unmarshal(have.Kvs[0].Value, &old); err != nil {
		return Record{}, false, fmt.Errorf("journal: %s: %w", id, err)
	}
	return old, false, nil
}

// Save implements Journal.
func (j *EtcdJournal) Save(ctx context.Context, r Record) error {
	value, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	key := j.job(r.ID)
	ops := []clientv3.Op{clientv3.OpPut(key, string(value))}
	if r.State.Final() {
		ops = append(ops, clientv3.OpDelete(j.results(r.ID), clientv3.WithPrefix()))
	}
	if r.State.Final() {
		j.open.set(key, 0)
	}
	if err := j.replace(ctx, key, false, string(value), ops); err != nil {
		return fmt.Errorf("journal: save %s: %w", r.ID, err)
	}
	if !r.State.Final() {
		j.open.set(key, j.seen.get(key))
	}
	return nil
}

// Accept implements Journal. It compares the revision at which the job's record is known not to be final: one that came late would leave a result behind that nobody deletes.
func (j *EtcdJournal) Accept(ctx context.Context, job string, shard int, digest string) (string, error) {
	kept, err := j.accept(ctx, job, j.results(job)+strconv.Itoa(shard), digest)
	if err != nil {
		return "", fmt.Errorf("journal: accept shard %d of %s: %w", shard, job, err)
	}
	return kept, nil
}

func (j *EtcdJournal) accept(ctx context.Context, job, key, digest string) (string, error) {
	for open := j.open.get(j.job(job)); ; {
		resp, err := j.commit(ctx,
			[]clientv3.Cmp{clientv3.Compare(clientv3.ModRevision(j.job(job)), "=", open), clientv3.Compare(clientv3.CreateRevision(key), "=", 0), clientv3.Compare(clientv3.CreateRevision(j.job(job)), ">", 0)},
			[]clientv3.Op{clientv3.OpPut(key, digest)}, []clientv3.Op{clientv3.OpGet(key), clientv3.OpGet(j.job(job))})
		if err != nil {
			return "", err
		}
		if resp.Succeeded {
			return digest, nil
		}
		if kvs := resp.Responses[0].GetResponseRange().Kvs; len(kvs) > 0 {
			return string(kvs[0].Value), nil
		}
		records := resp.Responses[1].GetResponseRange().Kvs
		if len(records) == 0 {
			return "", ErrGone
		}
		var r Record
		if err := json.Unmarshal(records[0].Value, &r); err != nil {
			return "", err
		}
		if r.State.Final() {
			j.open.set(j.job(job), 0)
			return "", ErrOver
		}
		open = records[0].ModRevision // it changed meanwhile, or an earlier term wrote it
		j.open.set(j.job(job), open)
	}
}

// Accepted implements Journal.
func (j *EtcdJournal) Accepted(ctx context.Context, job string) (map[int]string, error) {
	all := map[int]string{}
	err := j.each(ctx, j.results(job), func(key string, value []byte) error {
		n, err := strconv.Atoi(strings.TrimPrefix(key, j.results(job)))
		all[n] = string(value)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("journal: results of %s: %w", job, err)
	}
	return all, nil
}

// Delete implements Journal.
func (j *EtcdJournal) Delete(ctx context.Context, r Record) error {
	_, err := j.commit(ctx, nil, []clientv3.Op{
		clientv3.OpDelete(j.job(r.ID)),
		clientv3.OpDelete(j.request(r.request())),
		clientv3.OpDelete(j.results(r.ID), clientv3.WithPrefix()),
		clientv3.OpDelete(j.history(r.ID)),
	}, nil)
	if err != nil {
		return fmt.Errorf("journal: delete %s: %w", r.ID, err)
	}
	j.seen.set(j.job(r.ID), 0)
	j.open.set(j.job(r.ID), 0)
	return nil
}
