package store

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// maxID bounds the text of a folder's id, in bytes.
const maxID = 64

// ID returns what tells the folder from every other one, whatever paths and machines it is reached by: a random text in the file ROOT/id, which the first call makes. Of several
// processes that make it at once all get the same.
func (f *Folder) ID() (string, error) {
	id, err := f.readID()
	if !errors.Is(err, fs.ErrNotExist) {
		return id, err
	}
	tmp, err := os.CreateTemp(f.path("tmp"), "id-")
	if err != nil {
		return "", fmt.Errorf("store: %w", err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.WriteString(strings.ToLower(rand.Text()) + "\n")
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return "", fmt.Errorf("store: %w", err)
	}
	// A link, unlike a rename, leaves alone what another process made meanwhile.
	if err := os.Link(tmp.Name(), f.path("id")); err != nil && !errors.Is(err, fs.ErrExist) {
		if err := os.Rename(tmp.Name(), f.path("id")); err != nil { // a file system without links
			return "", fmt.Errorf("store: %w", err)
		}
	}
	return f.readID()
}

func (f *Folder) readID() (string, error) {
	text, err := os.ReadFile(f.path("id"))
	if err != nil {
		return "", fmt.Errorf("store: %w", err)
	}
	id := strings.TrimSpace(string(text))
	if id == "" || len(id) > maxID {
		return "", fmt.Errorf("store: %s holds no id: remove it, and start again", f.path("id"))
	}
	return id, nil
}
