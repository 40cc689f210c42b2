// Package fashion holds a small real model with its data: a convolutional network for Fashion-MNIST, trained by train.py.
package fashion

import _ "embed" // the files below

// Model is the trained model, as Keras saved it.
//
//go:embed model.keras
var Model []byte

// Calibration is a representative dataset of 200 images.
//
//go:embed calibration.npz
var Calibration []byte

// Test holds images that neither training nor calibration saw, under the name of the model's input, and Labels beside them.
//
//go:embed test.npz
var Test []byte

// Labels is the name of the labels in Test, one int32 for each image.
const Labels = "labels"
