package convert

import "github.com/octetlite/octet/pkg/shard"

// Runnable checks that the float model can be calibrated at all, with the error that calibrating it would end with.
func Runnable(f *Float, opt Options) error {
	_, err := Need(f, opt)
	return err
}

// Need is Runnable that also tells what shards of the calibration take.
func Need(f *Float, opt Options) (shard.Memory, error) {
	m, err := shard.Load(f.Bytes(), opt.Signature)
	if err != nil {
		return shard.Memory{}, CalibrationError(f.Source, err)
	}
	return m.Memory(opt.Observed()), nil
}

// CalibrationError gives an error that came up when the float model of a source ran, here or elsewhere, its kind and the way out.
func CalibrationError(source string, err error) error { return unsupported(source, err) }
