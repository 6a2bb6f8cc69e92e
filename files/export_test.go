package files

import (
	"context"

	"snug/turns"
)

// Release does at once what Released asks for.
func (s *Service) Release(ctx context.Context, c Claim) error { return s.release(ctx, c) }

// CleanName makes a harmless name.
var CleanName = cleanName

// WaitingOfOne pictures of a person may wait.
const WaitingOfOne = waitingOfOne

// TakeTurn is how pictures get their turns.
func (s *Service) TakeTurn(ctx context.Context, user string) (leave func(), err error) {
	return s.turn(ctx, user)
}

// Turns are those of the service's pictures.
func (s *Service) Turns() *turns.Turns { return s.turns }

// The queries that say what a person has.
const (
	ChargedQuery = chargedQuery
	OpenQuery    = openQuery
)
