package chat

import "context"

// ObeyRemoval tells a room that somebody is no member any more, which the tables don't
// say.
func (s *Service) ObeyRemoval(ctx context.Context, room RoomID, slug string, user UserID) error {
	_, err := s.calls.obey.Call(ctx, s.ns.ByName(string(room)), order{
		Slug: slug, Room: roomRecord{Kind: KindPrivate, Name: "Queue"}, Members: []memberOrder{{User: User{ID: user, Name: "Bob"}, Was: RoleMember}},
	})
	return err
}
