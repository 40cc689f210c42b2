package convert

import "github.com/octetlite/octet/pkg/shard"

// Runnable checks that the float model can be calibrated at all, with the error that calibrating it would end with.
func Runnable(f *Float, opt Options) error {
	if _, err := shard.Load(f.Bytes(), opt.Signature); err != nil {
		return CalibrationError(f.Source, err)
	}
	return nil
}

// CalibrationError gives an error that came up when the float model of a source ran, here or elsewhere, its kind and the way out.
func CalibrationError(source string, err error) error { return unsupported(source, err) }
