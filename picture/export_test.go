package picture

// ErrPanic comes with ErrBroken when a decoder panicked.
var ErrPanic = errPanic

// Hold takes all turns until release is called.
func (s *Studio) Hold() (release func()) {
	for range cap(s.slots) {
		s.slots <- struct{}{}
	}
	return func() {
		for range cap(s.slots) {
			<-s.slots
		}
	}
}

// Blurhash describes a small picture.
var Blurhash = blurhash
