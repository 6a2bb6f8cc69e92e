package files

import "context"

// Release does at once what Released asks for.
func (s *Service) Release(ctx context.Context, c Claim) error { return s.release(ctx, c) }

// CleanName makes a harmless name.
var CleanName = cleanName

// Turns is who may have a picture looked at.
type Turns = turns

// Pictures that wait, in all and of one person.
const (
	WaitingPictures = waitingPictures
	WaitingOfOne    = waitingOfOne
)

// NewTurns and Take are how pictures get their turns.
var (
	NewTurns = newTurns
	Take     = (*turns).take
)

// Waiting is how many pictures wait for their turns.
func (t *turns) Waiting() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.waiting
}

// People is how many people have pictures here.
func (t *turns) People() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.people)
}

// Turns are those of the service's pictures.
func (s *Service) Turns() *Turns { return s.turns }

// The queries that say what a person has.
const (
	ChargedQuery = chargedQuery
	OpenQuery    = openQuery
)
