package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// ErrBusy is returned for an upload that somebody else is writing.
var ErrBusy = errors.New("blob is being uploaded already")

// Upload is a blob that arrives in pieces, maybe over several connections and processes.
type Upload struct {
	folder *Folder
	name   string // of the file
	digest Digest
	size   int64
	file   *os.File
	have   int64
}

// upload returns the name of the file of an owner's upload.
func upload(owner string, d Digest) (string, error) {
	if _, err := Parse(string(d)); err != nil {
		return "", fmt.Errorf("store: %w", err)
	}
	switch {
	case owner == "":
		return string(d), nil
	case !owners.MatchString(owner):
		return "", fmt.Errorf("store: owner %q", owner)
	}
	return string(d) + "." + owner, nil
}

// Uploaded returns how many bytes of an owner's upload have arrived so far.
func (f *Folder) Uploaded(owner string, d Digest) (int64, error) {
	name, err := upload(owner, d)
	if err != nil {
		return 0, err
	}
	info, err := os.Stat(f.path("uploads", name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("store: %w", err)
	}
	return info.Size(), nil
}

// ExpireUploads removes what has arrived of uploads that nobody is writing and that got nothing since the given time. It returns their number and
// bytes. may is asked once it is known which they are, and its error is returned before anything is removed; what another process went on with meanwhile stays.
func (f *Folder) ExpireUploads(limit time.Time, may func() error) (n, bytes int64, err error) {
	files, err := os.ReadDir(f.path("uploads"))
	if err != nil {
		return 0, 0, fmt.Errorf("store: %w", err)
	}
	var old []string
	for _, file := range files {
		if info, err := file.Info(); err == nil && !info.ModTime().After(limit) { // else it is gone
			old = append(old, file.Name())
		}
	}
	if len(old) == 0 {
		return 0, 0, nil
	}
	if err := may(); err != nil {
		return 0, 0, err
	}
	for _, name := range old {
		size, err := f.expireUpload(name, limit)
		if err != nil {
			return n, bytes, err
		}
		if size >= 0 {
			n++
			bytes += size
		}
	}
	return n, bytes, nil
}

// expireUpload returns the size of what it removed, -1 if the upload stays.
func (f *Folder) expireUpload(name string, limit time.Time) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.uploading[name] {
		return -1, nil
	}
	path := f.path("uploads", name)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return -1, nil
	case err != nil:
		return -1, fmt.Errorf("store: %w", err)
	case info.ModTime().After(limit):
		return -1, nil
	}
	if err := os.Remove(path); err != nil {
		return -1, fmt.Errorf("store: %w", err)
	}
	return info.Size(), nil
}

// Upload begins, or goes on with, the upload of a blob of the given size. One caller at a time has it, until Close or Commit; ErrBusy for others. Each owner's uploads are its own, since who
// has the end of a blob need not have the rest; "" is an owner, too.
func (f *Folder) Upload(owner string, d Digest, size int64) (*Upload, error) {
	name, err := upload(owner, d)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.uploading[name] {
		return nil, fmt.Errorf("store: %w: %s", ErrBusy, d)
	}
	file, err := os.OpenFile(f.path("uploads", name), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	have, err := file.Seek(0, io.SeekEnd)
	if err == nil && have > size {
		have, err = 0, file.Truncate(0)
	}
	if err != nil {
		return nil, fmt.Errorf("store: %w", errors.Join(err, file.Close()))
	}
	f.uploading[name] = true
	return &Upload{f, name, d, size, file, have}, nil
}

// Committed returns how many bytes have arrived.
func (u *Upload) Committed() int64 { return u.have }

// Restart forgets what has arrived.
func (u *Upload) Restart() error {
	u.have = 0
	if err := u.file.Truncate(0); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// Write appends the next bytes. ErrTooLarge if they pass the size that was announced.
func (u *Upload) Write(data []byte) (int, error) {
	if u.have+int64(len(data)) > u.size {
		return 0, fmt.Errorf("store: %w: more than the %d bytes announced", ErrTooLarge, u.size)
	}
	n, err := u.file.WriteAt(data, u.have)
	u.have += int64(n)
	if err != nil {
		return n, fmt.Errorf("store: %w", err)
	}
	return n, nil
}

// Commit checks the digest and makes the blob one of the store's. With ErrCorrupt nothing is kept.
func (u *Upload) Commit() error {
	defer u.Close()
	if u.have != u.size {
		return fmt.Errorf("store: %w: have %d of %d bytes", io.ErrUnexpectedEOF, u.have, u.size)
	}
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(u.file, 0, u.size)); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != string(u.digest) {
		return fmt.Errorf("store: %w: got %s, want %s", errors.Join(ErrCorrupt, os.Remove(u.file.Name())), got, u.digest)
	}
	return u.folder.commit(u.file, u.digest)
}

// Close ends this caller's part; what has arrived stays. It may be called again.
func (u *Upload) Close() error {
	u.folder.mu.Lock()
	defer u.folder.mu.Unlock()
	if u.file == nil {
		return nil
	}
	delete(u.folder.uploading, u.name)
	err := u.file.Close()
	u.file = nil
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}
