package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/octetlite/octet/pkg/calib"
	"github.com/octetlite/octet/pkg/calibrate"
	"github.com/octetlite/octet/pkg/convert"
	"github.com/octetlite/octet/pkg/quantize"
)

// convertFlags are the flags of `octet convert`.
type convertFlags struct {
	output, quantize, data, ranges string
	compat, io, onBad, signature   string
	calibrator, observe            string
	strict, fold                   bool
	perTensor, perTensorDense      bool
	keepFloat                      []string
	recipe                         string
	recipeText                     []byte // what the file holds
	weightBits, blockSize          int
	weightFit                      string
	workers                        int
	coordinator                    endpoint
	detach                         bool
	priority                       string
	stats                          string
	verify                         bool
	holdout                        string
	question                       questionFlags
	cache                          string
	noCache                        bool
	json                           bool
	report                         reportFlags
	source                         sourceFlags
}

// The values of flags, in the order in which help and completion show them.
var (
	ioNames = []string{"int8", "uint8", "int16", "float32"}
	ioTypes = map[string]quantize.IOType{
		"": quantize.OwnIO, "int8": quantize.Int8IO, "uint8": quantize.UInt8IO, "int16": quantize.Int16IO, "float32": quantize.Float32IO,
	}
	weightBits  = []string{"4", "8"}
	calibrators = append(calibrate.Names(), convert.Auto)
)

func newConvert(s streams) *cobra.Command {
	var f convertFlags
	cmd := &cobra.Command{
		Use:   "convert SOURCE -o OUT.tflite",
		Short: "Convert a model, and quantize it",
		Long: `Convert a model to a TensorFlow Lite flatbuffer, and quantize it.

SOURCE is a .tflite file, the folder of a SavedModel, a Keras model (.keras, .h5, .hdf5), or a frozen
TensorFlow graph (.pb). An unknown batch becomes 1, which callers of the flatbuffer may resize;
--batch fixes it.

--quantize says what becomes of weights and activations:

  none         everything stays float32
  float16      weights in half precision: half the size, no loss to speak of; needs no data
  dynamic      weights int8, activations float32 that kernels quantize at each run: a quarter of the
               size, faster products; needs no data
  weight-only  weights int8 (or --weight-bits 4, with --block-size 32 for finer scales), computed with
               in float32: a quarter (an eighth) of the size; needs no data
  int8         weights and activations int8: a quarter of the size, and the fastest; what
               microcontrollers and accelerators want; needs --data
  int16x8      weights int8, activations int16: where int8 loses too much; needs --data

--weight-fit says how weights become integers. By default the largest of a channel decides its scale, as
in other converters; mse takes the scales of the least square error; balanced does so, too, and rounds
some weights the other way, so that errors make up for each other: most models are closer by that with
weight-only and int16x8, above all with 4 bits, and no closer with int8.

--recipe FILE gives each operator a scheme of its own, by its kind or the name of a result, and single
tensors a scheme or a range; docs/schemes.md says how, and 'octet recipe check' shows what comes of it.

--data names a representative dataset, over which the ranges of all
activations are measured:

  x.npz, x.npy           arrays, samples along axis 0, keyed by the inputs' names
  DIR, 'GLOB', x.jpg     JPEG, PNG and WebP pictures, one a sample, values 0 to 255:
                         ?resize=224x224&fit=crop|stretch|pad&mean=127.5&std=127.5&order=rgb|bgr
  tfrecord:FILES         tf.Example records, gzipped or not: ?feature=NAME, or ?feature.INPUT=NAME for
                         each input; &raw=u8 if the feature's bytes are numbers; pictures as above
  x.tar, x.tar.gz        WebDataset archives, files of one name a sample: ?part=jpg, or ?part.INPUT=npy;
                         &raw=u8 if a file's bytes are numbers; pictures as above
  x.parquet              columns by the inputs' names, or ?column=NAME, ?column.INPUT=NAME: numbers,
                         lists of them, encoded pictures; &raw=u8 as above
  random:normal          random numbers, to try things out: ?samples=100&seed=1
  random:uniform         ?samples=100&seed=1&low=0&high=1; of integer inputs within low and high
  stream:NAME            samples that are pushed to a coordinator, maybe still while it calibrates:
                         see 'octet samples'

With any of these but a stream, ?sequence=50 says that 50 samples each are the steps of one run, for
models that remember (SVDF, LSTM and the like, one step a run).

Paths may be globs, hold {000..127}, and be URLs: s3://BUCKET/KEY of S3 and what speaks its protocol, or
https://HOST/PATH of a server that serves ranges. Such data stay where they are: a cluster's workers read
them there. SOURCE, --ranges, -o and --stats may be s3:// URLs too. docs/data.md says more.

A few hundred samples of what the model will see are enough. They must be prepared as for the float
model: (value - mean) / std is what mean and std make of pictures.

--ranges takes ranges that exist already instead: what --stats wrote, calibration results that
AI Edge Quantizer saved as JSON, or a flatbuffer whose tensors carry the minima and maxima that
TensorFlow's calibrator recorded. With either one the default is --quantize int8.

--calibrator says how the ranges of activations follow from what was measured: from minimum to
maximum, or less, so that rare large values don't make the integers coarse for all others:

  minmax              all that was seen (the default)
  percentile:99.99    so much of the elements; half of the others lie beyond either end
  mse                 the least square error
  entropy             the least loss of information
  ema:0.95            averages of the samples' ends, as AI Edge Quantizer takes them
  auto                the one of these, and percentile:99.9, whose model's outputs are closest to the
                      float model's over the last tenth of the samples (1 to 32), which then are not
                      calibrated on; needs 10 samples

What --stats wrote can be quantized again by --ranges, without the data, with each calibrator that it
holds enough for: --observe histograms,samples measures for all of them.

--verify compares the quantized model with the float one when it is done, as 'octet verify' does, over
samples that calibration did not see: the last tenth, or what --holdout says. With schemes or ranges
that need no calibration all of --data is for that. The file is written even if a limit of
--max-drop or --min-sqnr is broken; the exit status then is 4.

What was measured of a model over a dataset is kept in the user's cache folder, at most 256 MiB, and not
measured again for other options; a coordinator keeps it with its jobs. The result is the same.

By default Octet measures true ranges and quantizes everything for which the runtime has an
integer kernel. --compat tflite follows TFLiteConverter's rules instead: the same ranges give
the same tensors, bit for bit.`,
		Example: `  octet convert model.tflite -o int8.tflite --data samples.npz
  octet convert saved_model/ -o float.tflite
  octet convert saved_model/ -o half.tflite --quantize float16
  octet convert model.keras -o small.tflite --quantize weight-only --weight-bits 4
  octet convert model.keras -o int8.tflite --data samples.npz --keep-float SOFTMAX --keep-float 'head/*'
  octet convert model.keras -o mixed.tflite --recipe recipe.yaml
  octet convert frozen.pb -o float.tflite --inputs image --outputs scores --input-shapes image=1,224,224,3
  octet convert model.tflite -o int8.tflite --data 'photos?resize=224x224&mean=127.5&std=127.5' --io uint8
  octet convert s3://models/m.keras -o s3://models/int8.tflite --data 's3://sets/train-{00..09}.tar?part=jpg&resize=224'
  octet convert model.tflite -o int8.tflite --data samples.npz --calibrator mse
  octet convert model.tflite -o int8.tflite --data samples.npz --verify --report report.html
  octet convert model.tflite -o int8.tflite --data samples.npz --verify --holdout 50 --min-sqnr 20
  octet convert model.tflite -o int8.tflite --data samples.npz --coordinator cluster:8470`,
		Args: want("SOURCE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			opt, err := f.options(cmd.Flags().Changed)
			if err != nil {
				return err
			}
			f.report.command = commandLine(cmd, args)
			return convertModel(cmd.Context(), s, args[0], &f, opt)
		},
	}
	f.add(cmd)
	completeFile(cmd, "tflite", "pb", "keras", "h5", "hdf5")
	complete(cmd, "quantize", convert.Schemes()...)
	complete(cmd, "calibrator", calibrators...)
	complete(cmd, "observe", "histograms", "samples", "histograms,samples")
	complete(cmd, "compat", "tflite")
	complete(cmd, "io", ioNames...)
	complete(cmd, "weight-bits", weightBits...)
	complete(cmd, "weight-fit", quantize.Fits()...)
	complete(cmd, "on-bad-sample", "fail", "skip")
	return cmd
}

// add adds the flags.
func (f *convertFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVarP(&f.output, "output", "o", "", "the file to write (required)")
	flags.StringVar(&f.quantize, "quantize", "", "the scheme: "+strings.Join(convert.Schemes(), ", ")+" (default: int8 with --data or --ranges, else none)")
	flags.StringVar(&f.data, "data", "", "the representative dataset")
	flags.StringVar(&f.ranges, "ranges", "", "a file of ranges, instead of --data")
	flags.StringVar(&f.calibrator, "calibrator", "", "how ranges are chosen: "+strings.Join(calibrators, ", ")+" (default: minmax)")
	flags.StringVar(&f.observe, "observe", "", "what --stats holds besides ranges: histograms, samples, or both with a comma (default: what the calibrator needs)")
	flags.StringVar(&f.compat, "compat", "", "tflite: follow TFLiteConverter's rules")
	flags.StringVar(&f.io, "io", "", "type of inputs and outputs: int8, uint8, int16 or float32; with int16x8 int16 or float32 (default: int8, int16)")
	flags.StringArrayVar(&f.keepFloat, "keep-float", nil, "an operator that stays float, by its kind or by the name of a result, with * and ?; may be repeated")
	flags.StringVar(&f.recipe, "recipe", "", "a file that gives each operator a scheme of its own, instead of --quantize")
	flags.BoolVar(&f.perTensor, "per-tensor", false, "one scale for each weight tensor, for targets that know no others")
	flags.BoolVar(&f.perTensorDense, "per-tensor-dense", false, "one scale for the weights of each fully connected layer")
	flags.IntVar(&f.weightBits, "weight-bits", 8, "bits of a weight with weight-only: 8 or 4")
	flags.IntVar(&f.blockSize, "block-size", 0, "with --weight-bits 4: how many weights of a row share a scale, 32, 64, 128 or 256 (default: all)")
	flags.StringVar(&f.weightFit, "weight-fit", "", "how weights become integers: "+strings.Join(quantize.Fits(), ", ")+" (default: largest)")
	flags.BoolVar(&f.strict, "strict", false, "refuse a model in which an operator would stay float")
	flags.StringVar(&f.onBad, "on-bad-sample", "fail", "what a NaN or infinite sample does: fail, or skip")
	flags.StringVar(&f.signature, "signature", "", "the signature to convert of a SavedModel (default: serving_default), or to calibrate (the first)")
	flags.BoolVar(&f.fold, "fold", false, "without quantization: fold float16 and sparse weights into float32")
	perCore(flags, &f.workers, "workers", "goroutines that calibrate, in this process")
	f.coordinator.add(cmd, "", "HOST:PORT of a cluster that does the work; of all its coordinators, HOST:PORT,..., if there are several")
	flags.BoolVar(&f.detach, "detach", false, "with --coordinator: print the job's id and leave it running")
	addPriority(cmd, &f.priority)
	flags.StringVar(&f.stats, "stats", "", "write the merged statistics to this file")
	flags.BoolVar(&f.verify, "verify", false, "compare the quantized model with the float one over held-out samples")
	flags.StringVar(&f.holdout, "holdout", "", "the last samples that calibration leaves to --verify: a number, or a percentage (default: 10%)")
	f.question.add(cmd)
	flags.StringVar(&f.cache, "cache", "", "the folder that keeps statistics of earlier runs (default: octet in the user's cache folder)")
	flags.BoolVar(&f.noCache, "no-cache", false, "measure the ranges, and keep nothing, though an earlier run may have measured the same")
	flags.BoolVar(&f.json, "json", false, "print the summary as JSON")
	f.report.add(cmd)
	f.source.add(cmd)
}

// options checks the flags and turns them into the pipeline's options. given tells which of them are on the command line.
func (f *convertFlags) options(given func(flag string) bool) (convert.Options, error) {
	var o convert.Options
	if err := f.contradiction(given); err != nil {
		return o, err
	}
	if err := f.scheme(&o, given); err != nil {
		return o, err
	}
	for _, p := range pointless {
		if given(p.flag) && !p.use(f, o.Scheme) {
			return o, usagef("--%s %s", p.flag, p.why)
		}
	}
	var ok bool
	if o.Quantize.IO, ok = ioTypes[f.io]; !ok {
		return o, usagef("--io: %q is none of %s", f.io, strings.Join(ioNames, ", "))
	}
	if !o.Scheme.Calibrated() {
		o.Quantize.IO = quantize.OwnIO
	}
	switch f.compat {
	case "":
	case "tflite":
		o.Quantize.Compat = quantize.TFLite
	default:
		return o, usagef("--compat: %q is not tflite", f.compat)
	}
	var err error
	switch {
	case f.calibrator != convert.Auto:
		if o.Calibrator, err = calibrate.Parse(f.calibrator); err != nil {
			return o, usagef("--calibrator: %v, %s", err, convert.Auto)
		}
	case !o.Scheme.Calibrated():
	case !f.calibrates(o.Scheme):
		return o, usagef("--calibrator %s compares outputs over samples: give --data", convert.Auto)
	default:
		o.Auto = true
	}
	if o.Observe, err = parseObserve(f.observe); err != nil {
		return o, err
	}
	if err := f.report.check(); err != nil {
		return o, err
	}
	if len(f.report.paths) > 0 && f.calibrates(o.Scheme) {
		o.Observe.Histogram = true // for the drawings; the model's bytes do not depend on it
	}
	if o.Holdout, err = f.parseHoldout(o.Scheme); err != nil {
		return o, err
	}
	switch f.onBad {
	case "fail":
	case "skip":
		o.SkipBad = true
	default:
		return o, usagef("--on-bad-sample: %q is neither fail nor skip", f.onBad)
	}
	o.Quantize.Strict, o.Signature, o.Fold = f.strict, f.signature, f.fold
	if quantizing(f, o.Scheme) {
		o.Quantize.KeepFloat = f.keepFloat
	}
	if scaled(f, o.Scheme) && f.recipe == "" {
		o.Quantize.PerTensor, o.Quantize.PerTensorDense = f.perTensor, f.perTensorDense
	}
	if o.Scheme == convert.WeightOnly && f.recipe == "" {
		o.Quantize.Bits, o.Quantize.Block = f.weightBits, f.blockSize
	}
	if fit, err := quantize.ParseFit(f.weightFit); err != nil {
		return o, usagef("--weight-fit: %v", err)
	} else if scaled(f, o.Scheme) && f.recipe == "" {
		o.Quantize.Fit = fit
	}
	if err := o.Validate(); err != nil {
		return o, usagef("%v", err)
	}
	return o, nil
}

// calibrates reports whether --data is measured, and not used to verify alone.
func (f *convertFlags) calibrates(s convert.Scheme) bool {
	return f.data != "" && f.ranges == "" && s.Calibrated()
}

// parseHoldout reads what calibration leaves to verification, and checks the limits.
func (f *convertFlags) parseHoldout(s convert.Scheme) (h convert.Holdout, err error) {
	if !f.verify {
		return h, nil
	}
	if err := f.question.valid(); err != nil {
		return h, err
	}
	if f.holdout == "" {
		if f.calibrates(s) {
			h = convert.DefaultHoldout
		}
		return h, nil
	}
	if h, err = convert.ParseHoldout(f.holdout); err != nil {
		return h, usagef("--holdout: %v", err)
	}
	return h, nil
}

// scheme sets the scheme, and the recipe if there is one.
func (f *convertFlags) scheme(o *convert.Options, given func(flag string) bool) error {
	calibrated := f.data != "" || f.ranges != ""
	o.Scheme = convert.Scheme(f.quantize)
	what := "--quantize " + f.quantize
	switch {
	case f.recipe != "" && given("quantize"):
		return usagef("--recipe says what --quantize would: give one of them")
	case f.recipe != "":
		var err error
		if f.recipeText, err = setRecipe(o, f.recipe); err != nil {
			return err
		}
		what = fmt.Sprintf("the recipe's scheme, %s,", o.Scheme)
	case f.quantize == "" && calibrated:
		o.Scheme = convert.Int8
	case f.quantize == "":
		o.Scheme = convert.None
	case !slices.Contains(convert.Schemes(), f.quantize):
		return usagef("--quantize: %q is none of %s", f.quantize, strings.Join(convert.Schemes(), ", "))
	}
	switch {
	case f.verify && o.Scheme == convert.None:
		return usagef("--verify is about quantization: give --quantize or a recipe")
	case calibrated && !o.Scheme.Calibrated() && !f.verify:
		return usagef("%s makes no use of --data and --ranges", what)
	case !calibrated && o.Scheme.Calibrated():
		return usagef("%s needs --data or --ranges", what)
	}
	return nil
}

// parseObserve reads the names of sections, with commas between them.
func parseObserve(text string) (s calib.Spec, err error) {
	if text == "" {
		return s, nil
	}
	for name := range strings.SplitSeq(text, ",") {
		switch name {
		case "histograms":
			s.Histogram = true
		case "samples":
			s.PerSample = true
		default:
			return s, usagef("--observe: %q is neither histograms nor samples", name)
		}
	}
	return s, nil
}

// convertModel runs one conversion here or on a cluster, writes what it made, and prints the summary.
func convertModel(ctx context.Context, s streams, path string, f *convertFlags, opt convert.Options) error {
	start := time.Now()
	f.source.signature = f.signature
	source, size, done, err := f.source.open(ctx, path)
	if err != nil {
		return err
	}
	defer done()
	if f.signature != "" && source.Flatbuffer() && f.data == "" {
		return usagef("--signature is what --data feeds: give --data")
	}
	if err := f.source.objects.checkOutputs(ctx, append([]string{f.output, f.stats}, f.report.paths...), []string{path, f.ranges, f.recipe, dataFile(f.data)}); err != nil {
		return err
	}
	described, err := f.report.source(path, source, size)
	if err != nil {
		return err
	}
	bar := newProgress(s.err)
	defer bar.close()
	var out *outcome
	if f.coordinator.addr != "" {
		out, err = convertRemote(ctx, s, source, f, opt, bar)
	} else {
		out, err = convertLocal(ctx, &source, f, opt, bar)
	}
	if err != nil || out == nil {
		return err
	}
	bar.close()
	if err := out.write(ctx, &f.source.objects, f.output, f.stats); err != nil {
		return err
	}
	out.summary.Source, out.summary.Output, out.summary.Seconds = path, f.output, time.Since(start).Seconds()
	out.summary.SourceBytes, out.summary.OutputBytes = int(size), int(out.model.Size())
	var broken error
	if out.summary.Verification != nil {
		broken = f.question.check(out.summary.Verification)
	}
	if err := f.reportConversion(described, source, opt, out); err != nil {
		return err
	}
	if f.json {
		err = writeJSON(s.out, out.summary)
	} else {
		err = out.summary.print(s.out)
	}
	return errors.Join(err, broken)
}

// load reads the source, and checks what can be checked before data are read.
func load(source convert.Source, opt convert.Options) (*convert.Float, error) {
	defer frugal(source.Size)()
	float, err := convert.Load(source, opt.Folding())
	if err != nil || opt.Scheme == convert.None {
		return float, err
	}
	return float, convert.Quantizable(float)
}

// outcome is what a conversion made, before it is written.
type outcome struct {
	model interface {
		io.WriterTo
		Size() int64
	}
	bytes   func() []byte  // model in one piece
	float   *convert.Float // nil if the cluster made it
	stats   []byte
	summary *summary
}

// write writes the files or objects, each whole or not at all.
func (o *outcome) write(ctx context.Context, objects *objectFlags, model, stats string) error {
	if stats != "" {
		err := objects.create(ctx, stats, func(w io.Writer) error {
			_, err := w.Write(o.stats)
			return err
		})
		if err != nil {
			return err
		}
	}
	return objects.create(ctx, model, func(w io.Writer) error {
		_, err := o.model.WriteTo(w)
		return err
	})
}
