package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"go.etcd.io/etcd/client/pkg/v3/fileutil"

	"github.com/octetlite/octet/pkg/zoo"
)

// The files in a folder of results that are about all of them.
const (
	journalName = "batch.jsonl"
	tableName   = "batch.json"
	lockName    = ".batch-lock"
)

// openJournal makes the folder of results this process's own, and reads what is done already. A dry run looks only. The function it returns must be called at the end.
func (b *batch) openJournal() (release func(), err error) {
	path := filepath.Join(b.flags.output, journalName)
	if b.flags.dryRun {
		b.journal, err = readJournal(path)
		return func() {}, err
	}
	if err := os.MkdirAll(b.flags.output, 0o777); err != nil {
		return nil, fmt.Errorf("folder of results: %w", err)
	}
	lock, err := fileutil.TryLockFile(filepath.Join(b.flags.output, lockName), os.O_WRONLY|os.O_CREATE, 0o644)
	switch {
	case errors.Is(err, fileutil.ErrLocked):
		return nil, fmt.Errorf("%s: another 'octet batch' writes there: wait for it, or name another folder", b.flags.output)
	case err != nil:
		return nil, fmt.Errorf("folder of results: %w", err)
	}
	if b.journal, err = readJournal(path); err == nil {
		// Written anew it holds no lines that later ones replaced, and none that was cut off.
		err = createFile(path, func(w io.Writer) error {
			_, err := b.journal.WriteTo(w)
			return err
		})
	}
	if err == nil {
		b.log, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	}
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return func() {
		_ = b.log.Close() // each line was synced
		_ = lock.Close()
	}, nil
}

func readJournal(path string) (*zoo.Journal, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return zoo.NewJournal(), nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	j, err := zoo.ReadJournal(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w (remove it to convert everything again)", path, err)
	}
	return j, nil
}

// note takes down a file's digest. One that can't be written is found out again.
func (b *batch) note(seen zoo.Seen) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if line, err := b.journal.PutFile(seen); err == nil && b.log != nil {
		_, _ = b.log.Write(line)
	}
}

// record takes down what became of an item.
func (b *batch) record(r zoo.Result) {
	b.mu.Lock()
	defer b.mu.Unlock()
	line, err := b.journal.Put(r)
	if err == nil {
		_, err = b.log.Write(line)
	}
	if err == nil {
		err = b.log.Sync()
	}
	if err != nil && b.unwritten == nil {
		b.unwritten = fmt.Errorf("write %s: %w", journalName, plain(err))
	}
}

// journalError returns why the journal could not be written.
func (b *batch) journalError() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.unwritten
}
