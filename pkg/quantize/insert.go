package quantize

// insert puts pairs of QUANTIZE and DEQUANTIZE behind the values that got a type, and the requantizes that were wished for.
//
// Of wishes towards the producer the first is granted, all others are met in front of their users. On a value with wishes of both kinds TensorFlow
// grants none and then fails; so does TFLite, but for the failure, which leaves operators with operands that do not fit.
func (s *solver) insert() {
	todo := append([]*value(nil), s.inputs...)
	for o := s.first; o != nil; o = o.next {
		if s.takesPart(o) || s.compat == Default && !o.is("QUANTIZE", "DEQUANTIZE") { // TFLiteConverter forgets what is wished of float operators' results
			todo = append(todo, o.outputs...)
		}
	}
	for _, v := range todo {
		at := throughPair(v)
		t, wishes := s.state[at], s.wishes[at]
		if t == nil || s.immutable[at] && len(wishes) == 0 {
			continue
		}
		if !s.immutable[at] {
			if !v.float {
				continue
			}
			s.insertPair(v, t, v.made)
		}
		behind, inFront := splitWishes(wishes)
		if s.compat == TFLite && len(behind) > 0 && len(inFront) > 0 && v.made != nil {
			continue
		}
		if len(behind) > 0 {
			v = s.insertBehindProducer(v, behind[0])
		}
		if len(inFront) > 0 {
			s.insertInFront(v, inFront)
		}
	}
}

// splitWishes tells wishes towards the producer from those of users.
func splitWishes(wishes []wish) (behind, inFront []wish) {
	for _, w := range wishes {
		if w.producer {
			behind = append(behind, w)
		} else {
			inFront = append(inFront, w)
		}
	}
	return behind, inFront
}

// insertBehindProducer lets the producer of v make another type, which is requantized for everybody. It returns what everybody reads now.
func (s *solver) insertBehindProducer(v *value, w wish) *value {
	made := v.derived(w.typ)
	v.replace(made)
	s.insertAfter(v.made, newOperation("QUANTIZE", []*value{v}, []*value{made}))
	return made
}

// insertInFront requantizes v for the users that wish it.
func (s *solver) insertInFront(v *value, wishes []wish) {
	q := v.uses[0].by
	quantized := v
	if q.is("QUANTIZE") {
		quantized = q.outputs[0]
	}
	d := quantized.onlyUser()
	if !d.is("DEQUANTIZE") {
		return
	}
	reuse := len(d.outputs[0].uses) <= len(wishes) // nobody but those that wish reads it: it serves the first of them
	for _, w := range wishes {
		made := v.derived(w.typ)
		r := newOperation("QUANTIZE", []*value{quantized}, []*value{made})
		s.insertBefore(d, r)
		if reuse {
			d.setInput(0, made)
			reuse = false
			continue
		}
		dv := v.derived(nil)
		s.insertAfter(r, newOperation("DEQUANTIZE", []*value{made}, []*value{dv}))
		for _, u := range w.users {
			u.by.setInput(u.i, dv)
		}
	}
}
