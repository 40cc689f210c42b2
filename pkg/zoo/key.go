package zoo

// Level says where in a zoo file a key may be, as bits.
type Level int

// The levels. What is set on a later one wins.
const (
	LevelDefaults Level = 1 << iota
	LevelData           // of a dataset
	LevelModel
	LevelScheme
)

// kind is what a key takes.
type kind int

const (
	text kind = iota
	list      // a text, or a list of texts
	truth
	number
	shapes // a mapping of names to lists of numbers
)

// want are the kinds in words.
var want = map[kind]string{text: "text", list: "text or a list of texts", truth: "true or false", number: "a number", shapes: "a mapping of inputs to shapes, {image: [1, 224, 224, 3]}"}

// row is what is known of a key.
type row struct {
	kind   kind
	levels Level
	adds   bool // values of all levels count
	path   bool // a path that is relative to the zoo file
}

// The levels of a kind of keys.
const (
	ofSamples = LevelDefaults | LevelData | LevelModel
	ofModels  = LevelDefaults | LevelModel
	ofSchemes = LevelDefaults | LevelModel | LevelScheme
	anywhere  = ofSamples | LevelScheme
)

// keys are the settings: each is the flag of `octet convert` with its name. What a zoo file holds beside them are structure: names, paths, lists.
var keys = map[string]row{
	"data":          {text, ofSamples, false, true},
	"labels":        {text, ofSamples, false, true},
	"holdout":       {text, ofSamples, false, false},
	"on-bad-sample": {text, ofSamples, false, false},
	"task":          {text, ofSamples, false, false},
	"score":         {text, ofModels, false, false},

	"signature":    {text, ofModels, false, false},
	"tags":         {list, ofModels, false, false},
	"inputs":       {list, ofModels, false, false},
	"outputs":      {list, ofModels, false, false},
	"input-shapes": {shapes, ofModels, false, false},
	"set":          {list, ofModels, false, false},
	"batch":        {number, ofModels, false, false},

	"max-drop": {number, anywhere, false, false},
	"min-sqnr": {number, anywhere, false, false},

	"io":               {text, ofSchemes, false, false},
	"calibrator":       {text, ofSchemes, false, false},
	"compat":           {text, ofSchemes, false, false},
	"keep-float":       {list, ofSchemes, true, false},
	"per-tensor":       {truth, ofSchemes, false, false},
	"per-tensor-dense": {truth, ofSchemes, false, false},
	"strict":           {truth, ofSchemes, false, false},
	"weight-bits":      {number, ofSchemes, false, false},
	"block-size":       {number, ofSchemes, false, false},
	"weight-fit":       {text, ofSchemes, false, false},
	"recipe":           {text, ofSchemes, false, true},
}

// Keys returns the keys of settings that may be on a level, in the order of the alphabet.
func Keys(at Level) []string {
	known := Settings{}
	for key, r := range keys {
		if r.levels&at != 0 {
			known[key] = nil
		}
	}
	return known.Keys()
}
