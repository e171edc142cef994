package esa

// Uncertain tells of a failed call whether it is unknown what ESA did: a write that may have taken effect all the same. A
// read is never uncertain.
func (e *Error) Uncertain() bool {
	return isWrite(e.Operation) && e.MayHaveTakenEffect()
}
