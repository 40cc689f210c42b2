// Package pass holds rewrites of graphs. A pass is one file; the lists here say which run, in which order, and why.
package pass

import (
	"fmt"

	"github.com/octetlite/octet/pkg/ir"
)

// Pass is a rewrite of a model.
type Pass struct {
	Name string
	Why  string // one line
	// Run rewrites the model and reports whether it changed anything.
	Run func(m *ir.Model) (changed bool, err error)
}

// Executable are the passes that make executable what can be, of a model that is run as it is.
var Executable = []Pass{lowerOthers}

// lowerOthers is in both lists.
var lowerOthers = Pass{"lower_custom", "what TFLite has an operator for is executed and quantized, whatever the library that the model was made for calls it", lowerCustom.run}

// Float are the passes that bring a model into the form that is calibrated and quantized.
var Float = []Pass{
	{"fold_densify", "sparse weights become dense: neither the executor nor the quantizer reads sparse ones", foldDensify},
	{"fold_dequantize", "float16 or quantized weights behind DEQUANTIZE become float32 constants, which the quantizer quantizes anew", foldDequantize},
	lowerOthers,
	{"add_intermediates", "what is inside an LSTM has ranges, too, and statistics refer to values of the graph", addIntermediates},
}

// Import are the passes that bring what a front end made into TFLite's idiom: as few operators as TFLiteConverter needs, or fewer. Dimensions may
// be unknown (-1): a pass must take them for any size, one included.
var Import = []Pass{
	{"fold_constants", "what other passes make of constants is a constant, too", foldConstants},
	{"drop_identity", "operators that give back an operand cost time and hide what is behind them", dropIdentity.run},
	{"drop_dropout", "dropout that keeps everything is left where a graph made for training is told that it does not train", dropDropout.run},
	{"drop_zero_product", "a product of zeros is known", dropZeroProduct.run},
	{"merge_negation", "a difference is one operator where a negation and a sum are two", mergeNegation.run},
	{"simplify_logic", "negations of comparisons, and selections that are decided, are what graphs of conditions leave behind", simplifyLogic.run},
	{"drop_broadcast", "runtimes broadcast operands themselves", dropBroadcast.run},
	{"match_relu", "limits by constants are activations, which runtimes fuse", matchRelu.run},
	{"match_gelu", "GELU is one operator of TFLite, and many in the graphs of frameworks", matchGelu.run},
	{"match_hard_swish", "HARD_SWISH likewise", matchHardSwish.run},
	{"match_elu", "ELU likewise", matchElu.run},
	{"match_leaky_relu", "LEAKY_RELU likewise", matchLeakyRelu.run},
	{"match_prelu", "PRELU likewise", matchPrelu.run},
	{"match_logistic", "LOGISTIC likewise", matchLogistic.run},
	{"match_softplus", "a logarithm of LOGISTIC is shorter than one of an exponential and one", matchSoftplus.run},
	{"match_softmax", "SOFTMAX and LOG_SOFTMAX likewise", matchSoftmax.run},
	{"match_l2_normalization", "L2_NORMALIZATION likewise", matchL2Normalization.run},
	{"center_scale", "layers that normalize by computed statistics need fewer operators if the mean is subtracted first", centerScale.run},
	{"match_resize", "RESIZE_NEAREST_NEIGHBOR likewise", matchResize.run},
	{"drop_copy", "operators that copy an operand cost time, and stand between those that can be fused", dropCopy.run},
	{"hoist_batch", "who asks different values for the same batch asks twice", hoistBatch.run},
	{"merge_parts", "what is cut and joined again, or joined twice, costs copies", mergeParts.run},
	{"move_layout", "networks of images as NCHW are left with transposes at their edges only", moveLayout},
	{"merge_transpose", "one TRANSPOSE does for two, none for two that undo each other", mergeTranspose.run},
	{"merge_reshape", "the last of several RESHAPEs says it all", mergeReshape.run},
	{"match_fully_connected", "FULLY_CONNECTED takes a bias and an activation, and BATCH_MATMUL does not", matchFullyConnected.run},
	{"fuse_transpose", "BATCH_MATMUL reads and writes transposed matrices itself", fuseTranspose.run},
	{"keep_num_dims", "FULLY_CONNECTED takes its operand for rows, and keeps their dimensions, by itself", keepNumDims.run},
	{"keep_dims", "reductions keep or drop dimensions by themselves", keepDims.run},
	{"move_unary", "activations are fused only into the layer right before them", moveUnary.run},
	{"move_binary", "constants are fused only into the layer right before them", moveBinary.run},
	{"move_scale", "the scale of attention belongs into the weights of a layer before it", moveScale.run},
	{"move_addend", "the bias of recurrent cells belongs into one of the layers whose results are added", moveAddend.run},
	{"merge_addends", "two constants that are added one after the other, or by which is multiplied, are one", mergeAddends.run},
	{"fuse_dilation", "runtimes dilate convolutions themselves", fuseDilation.run},
	{"fuse_pad", "runtimes pad convolutions themselves", fusePad.run},
	{"fuse_bias", "layers add a bias themselves", fuseBias.run},
	{"fold_scale", "batch normalization, and other factors, belong into the weights", foldScale.run},
	{"fold_offset", "an offset before a layer, as of normalized images, belongs into its bias", foldOffset.run},
	{"reduce_strength", "products and roots are cheaper than quotients and powers", reduceStrength.run},
	{"fuse_activation", "layers limit their results themselves", fuseActivation.run},
	{"match_one_hot", "one operator instead of a comparison, or of a conversion", matchOneHot.run},
	{"match_embedding", "a row of a matrix need not be computed", matchEmbedding.run},
	{"drop_softmax", "the place of the greatest logit is that of the greatest probability", dropSoftmax.run},
	{"shrink_top_k", "the greatest elements that nothing reads need not be found", shrinkTopK.run},
	{"drop_zero_bias", "FULLY_CONNECTED needs no bias", dropZeroBias.run},
	{"lower_erf", "TFLite has no operator for what no pattern took of the error function", lowerErf.run},
	{"merge_counters", "a loop needs one counter of its rounds", mergeCounters},
	{"prune_calls", "what graphs are given and give back costs copies in each round of a loop", pruneCalls},
	{"eliminate_graphs", "graphs that nothing runs any more only take place", eliminateGraphs},
	{"eliminate_common", "what is computed twice is computed once", eliminateCommon},
	{"eliminate_dead", "what nothing reads is not computed", eliminateDead},
}

// Order lists pairs of passes of which the first must come before the second wherever both run.
var Order = [][2]string{
	{"fold_densify", "fold_dequantize"},      // weights may be sparse and float16 at once
	{"fold_scale", "reduce_strength"},        // weights are divided by a constant, not multiplied by its reciprocal, as TFLiteConverter does it
	{"match_relu", "fuse_activation"},        // a limit that is fused is no operator any more
	{"match_gelu", "lower_erf"},              // the pattern has the error function as an operator
	{"match_relu", "match_hard_swish"},       // the limit to 6 may be a MAXIMUM and a MINIMUM
	{"match_hard_swish", "fold_scale"},       // the factor 1/6 may go into the layer behind
	{"match_relu", "match_prelu"},            // RELU may be a MAXIMUM
	{"match_leaky_relu", "match_prelu"},      // a single slope is a special case
	{"move_layout", "merge_transpose"},       // a TRANSPOSE that only moves dimensions of 1 becomes a RESHAPE
	{"fold_dequantize", "add_intermediates"}, // intermediates are named after the node's position, which a fold changes
	{"fold_dequantize", "lower_custom"},      // operands of float16 are no operands of an operator on float32
	{"fuse_dilation", "fuse_pad"},            // the padding of dilated images is SPACE_TO_BATCH_ND's
}

// Run applies passes in order.
func Run(m *ir.Model, passes []Pass) error {
	for _, p := range passes {
		if _, err := p.Run(m); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	return nil
}

// Settle applies passes in order, again and again until none changes anything: what one pass makes may be what another looks for.
func Settle(m *ir.Model, passes []Pass) error {
	if len(passes) == 0 {
		return nil
	}
	idle := 0 // passes that have changed nothing since one did
	for i := range maxRounds * len(passes) {
		p := passes[i%len(passes)]
		changed, err := p.Run(m)
		if err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		if idle++; changed {
			idle = 0
		}
		if idle == len(passes) {
			return nil
		}
	}
	return fmt.Errorf("the passes come to no end in %d rounds", maxRounds)
}

// maxRounds bounds Settle. Real models need two or three rounds.
const maxRounds = 50
