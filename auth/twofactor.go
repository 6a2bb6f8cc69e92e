package auth

import (
	"context"
	"database/sql"
	"net/http"
	"time"
)

// deviceTrusted reports whether the user said in this browser that it need not be
// asked for the second factor.
func (s *Service) deviceTrusted(ctx context.Context, tx *sql.Tx, r *http.Request, userID string, now time.Time) (bool, error) {
	for _, token := range s.signed(r, deviceCookie) {
		var nothing struct{}
		owner, ok, err := peek(ctx, tx, forDevice, token, &nothing, now)
		if err != nil || ok && owner == userID {
			return ok, err
		}
	}
	return false, nil
}
