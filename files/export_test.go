package files

import "context"

// Release does at once what Released asks for.
func (s *Service) Release(ctx context.Context, c Claim) error { return s.release(ctx, c) }

// CleanName makes a harmless name.
var CleanName = cleanName
