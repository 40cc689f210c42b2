package kernel

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"math/rand/v2"
	"testing"
)

// function pairs a function of one number with the true function and the bound of its error in units of the last place.
type function struct {
	name  string
	f     func(float32) float32
	want  func(float64) float64
	bound float64
}

// off returns the error for x in units of the last place; 0 where the function makes a lesser promise and keeps it.
func (u *function) off(x float32) float64 {
	got, want := u.f(x), u.want(float64(x))
	if u.name == "Gelu" && x < -0.5 && math.Signbit(float64(got)) && math.Abs(float64(got)-want) <= geluError*math.Abs(float64(x)) {
		return 0
	}
	return ulps(got, want)
}

// geluError is the greatest error of GELU over |x|.
const geluError = 0x1.3bp-23

var unary = []function{
	{"Exp", F32Exp, math.Exp, 0.87},
	{"Logistic", F32Logistic, func(x float64) float64 {
		if x < -126.5*math.Ln2 {
			return 0
		}
		return 1 / (1 + math.Exp(-x))
	}, 1.9},
	{"Tanh", F32Tanh, math.Tanh, 1.5},
	{"Elu", elu, func(x float64) float64 { return max(x, math.Expm1(min(x, 0))) }, 0.92},
	{"Gelu", gelu, func(x float64) float64 { return tailed(x, x/2*math.Erfc(-x*math.Sqrt2/2)) }, 2.5},
	{"GeluTanh", geluTanh, func(x float64) float64 {
		return tailed(x, x/(1+math.Exp(-2*math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x))))
	}, 1.4},
	{"Log", F32Log, math.Log, 0.9},
	{"Sqrt", F32Sqrt, math.Sqrt, 0.5},
	{"Rsqrt", F32Rsqrt, func(x float64) float64 { return 1 / math.Sqrt(x) }, 1},
	{"Sin", F32Sin, math.Sin, 0.51},
	{"Cos", F32Cos, math.Cos, 0.51},
	{"Erf", F32Erf, math.Erf, 0.51},
	{"Erfc", F32Erfc, math.Erfc, 0.51},
}

// tailed returns y, and its limit where x is -Inf.
func tailed(x, y float64) float64 {
	if math.IsInf(x, -1) {
		return math.Copysign(0, -1)
	}
	return y
}

// ulps returns how far got is from want, in units of the last place of a float32 of want's size. Equal infinities and two
// NaNs are 0 apart; a zero has to have the right sign.
func ulps(got float32, want float64) float64 {
	w := float32(want)
	switch {
	case want != want || got != got:
		if want != want && got != got {
			return 0
		}
		return math.Inf(1)
	case math.IsInf(float64(w), 0) || math.IsInf(float64(got), 0):
		if w == got || math.Nextafter32(w, got) == got {
			return 0
		}
		return math.Inf(1)
	case want == 0:
		if math.Float32bits(got) == math.Float32bits(w) {
			return 0
		}
		return math.Inf(1)
	}
	_, e := math.Frexp(want)
	return math.Abs(float64(got)-want) / math.Ldexp(1, max(e, -125)-24)
}

func TestUnaryAccuracy(t *testing.T) {
	stride := uint64(1009)
	if testing.Short() {
		stride = 100_003
	}
	for _, u := range unary {
		t.Run(u.name, func(t *testing.T) {
			worst, at := 0.0, float32(0)
			for b := uint64(0); b < 1<<32; b += stride {
				x := math.Float32frombits(uint32(b))
				if e := u.off(x); e > worst {
					worst, at = e, x
				}
			}
			t.Logf("worst error %.4f ulp, at %g", worst, at)
			if worst > u.bound {
				t.Errorf("%s(%g) = %g, want %g: off by %.4f ulp", u.name, at, u.f(at), u.want(float64(at)), worst)
			}
		})
	}
}

func TestUnarySpecials(t *testing.T) {
	negZero, inf, nan := float32(math.Copysign(0, -1)), float32(math.Inf(1)), float32(math.NaN())
	for _, u := range unary {
		for _, x := range []float32{0, negZero, 1, -1, inf, -inf, nan, math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32,
			-math.SmallestNonzeroFloat32, 0x1p-126, 88.722839, 88.722847, -103.27893, -103.97208, -103.97209, 10.05, 3.9192059, 2e9, 16367173 * 0x1p72} {
			if e := u.off(x); e > u.bound {
				t.Errorf("%s(%g) = %g, want %g", u.name, x, u.f(x), u.want(float64(x)))
			}
		}
	}
}

// binaryPoly pairs the functions of two arguments with the true ones.
var binaryPoly = []struct {
	name string
	f    func(x, y float32) float32
	want func(x, y float64) float64
}{
	{"Pow", F32Pow, math.Pow},
	{"Atan2", F32Atan2, math.Atan2},
}

func TestBinaryAccuracy(t *testing.T) {
	negZero, inf, nan := float32(math.Copysign(0, -1)), float32(math.Inf(1)), float32(math.NaN())
	edge := []float32{0, negZero, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 2.5, -2.5, 127, 128, 1 << 23, 1<<24 - 1, -(1<<24 - 1), 1 << 24, 1e30, -1e30,
		inf, -inf, nan, math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32, 1.0000001, 0.99999994, -0.99999994}
	for _, b := range binaryPoly {
		t.Run(b.name, func(t *testing.T) {
			worst := 0.0
			check := func(x, y float32) {
				e := ulps(b.f(x, y), b.want(float64(x), float64(y)))
				worst = max(worst, e)
				if e > 0.51 {
					t.Errorf("F32%s(%g, %g) = %g, want %g: off by %.4f ulp", b.name, x, y, b.f(x, y), b.want(float64(x), float64(y)), e)
				}
			}
			for _, x := range edge {
				for _, y := range edge {
					check(x, y)
				}
			}
			r := rand.New(rand.NewPCG(1, 2))
			for range 300_000 {
				x, y := float32(math.Exp(4*r.NormFloat64())), float32(10*r.NormFloat64())
				check(x, y)
				check(-x, float32(math.Round(float64(y))))
				check(math.Float32frombits(r.Uint32()), math.Float32frombits(r.Uint32()))
			}
			t.Logf("worst error %.4f ulp", worst)
		})
	}
}

// TestPolyDigest pins the bits of all functions over a sample of arguments: they are the same on every platform.
func TestPolyDigest(t *testing.T) {
	const want = "df4e18f746eedb768d1d2936ce714de64171c961cd0376bccca20a22f3c7d3c6"
	h := sha256.New()
	put := func(v float32) {
		b := math.Float32bits(v)
		if v != v {
			b = math.Float32bits(float32(math.NaN()))
		}
		h.Write([]byte{byte(b), byte(b >> 8), byte(b >> 16), byte(b >> 24)})
	}
	for b := uint64(0); b < 1<<32; b += 100_003 {
		x := math.Float32frombits(uint32(b))
		for _, u := range unary {
			put(u.f(x))
		}
		for _, p := range binaryPoly {
			put(p.f(x, math.Float32frombits(uint32(b*2654435761))))
		}
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
}

// Where gelu is lost in its own error, it must not go to and fro between 0 and numbers below 0: these lie in different bins.
func TestGeluEndsOnce(t *testing.T) {
	if y := gelu(-geluMost); y != 0 {
		t.Errorf("gelu of %v is %v", float32(-geluMost), y)
	}
	for b := math.Float32bits(4); b < math.Float32bits(geluMost); b++ {
		if x := -math.Float32frombits(b); gelu(x) >= 0 {
			t.Fatalf("gelu of %v is %v", x, gelu(x))
		}
	}
}
