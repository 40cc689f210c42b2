package main

import (
	"context"
	"errors"

	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/dataset"
	"github.com/octetlite/octet/pkg/store"
)

// beginDataset binds the user's data to the model's inputs. What has no random access is rewritten into a folder.
func beginDataset(ctx context.Context, float *convert.Float, data, signature, tmp string, objects *objectFlags, bar *progress, options ...dataset.Option) (*dataset.Draft, *store.Overlay, error) {
	inputs, err := float.Inputs(signature)
	if err != nil {
		return nil, nil, err
	}
	folder, err := store.NewFolder(tmp)
	if err != nil {
		return nil, nil, err
	}
	files := store.NewOverlay(folder)
	done := bar.soon("reading " + data)
	draft, err := dataset.Begin(ctx, data, inputs, files, append(options, objects.option())...)
	done()
	if err != nil {
		err = badData(err)
		if bad, ok := errors.AsType[*convert.Error](err); ok {
			bad.Hint = float.OpenSizes
		}
		return nil, nil, err
	}
	return draft, files, nil
}

// buildDataset is beginDataset that waits for the dataset's digest.
func buildDataset(ctx context.Context, float *convert.Float, data, signature, tmp string, objects *objectFlags, bar *progress) (*dataset.Manifest, *store.Overlay, error) {
	draft, files, err := beginDataset(ctx, float, data, signature, tmp, objects, bar)
	if err != nil {
		return nil, nil, err
	}
	done := bar.soon("reading " + data)
	manifest, err := draft.Wait()
	done()
	if err != nil {
		return nil, nil, badData(err)
	}
	return manifest, files, nil
}

// badData says that data are to blame, unless the user interrupted.
func badData(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	return &convert.Error{Kind: convert.BadInput, Err: err}
}

// dataFile returns the path within a --data.
func dataFile(spec string) string {
	if s, err := dataset.Parse(spec); err == nil {
		return s.Path
	}
	return ""
}
