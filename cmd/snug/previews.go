package main

import (
	"context"
	"errors"
	"fmt"

	"snug/chat"
	"snug/files"
	"snug/preview"
)

// makePreviews makes what finds out where links lead; nil if nobody is to. It needs the
// rooms only once it runs.
func (s *Server) makePreviews() *preview.Worker {
	if !s.cfg.Previews {
		return nil
	}
	return preview.New(preview.Config{
		Rooms: lazyRooms{s}, Pictures: pictures{s}, Logger: s.log.With("part", "previews"),
		Getter: previewFetcher(),
	})
}

// startPreviews runs it until the server stops.
func (s *Server) startPreviews() {
	if s.previews == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.previews.Run(ctx)
	}()
	s.later(func() error {
		cancel()
		<-ended
		return nil
	})
}

// lazyRooms is the chat, once there is one.
type lazyRooms struct{ *Server }

func (r lazyRooms) Messages(ctx context.Context, room chat.RoomID, seqs []chat.Seq) ([]chat.Message, error) {
	return r.chat.Messages(ctx, room, seqs)
}

func (r lazyRooms) SetPreviews(ctx context.Context, room chat.RoomID, seq chat.Seq, content string, list []chat.Preview) error {
	return r.chat.SetPreviews(ctx, room, seq, content, list)
}

// pictures keeps those of previews where files are kept.
type pictures struct{ *Server }

func (p pictures) MakePreview(ctx context.Context, data []byte) (preview.Small, error) {
	if p.files == nil {
		return preview.Small{}, errors.New("this server keeps no files")
	}
	small, err := p.files.MakeSmall(ctx, data)
	var failed *files.Error
	if errors.As(err, &failed) && failed.Code == files.CodeOverloaded {
		err = fmt.Errorf("%w: %w", preview.ErrBusy, err)
	}
	return preview.Small(small), err
}

func (p pictures) KeepPreview(ctx context.Context, room chat.RoomID, seq chat.Seq, small preview.Small) (preview.Picture, error) {
	user, id := chat.PreviewClaim(seq)
	f, err := p.files.KeepPicture(ctx, files.Claim{Room: string(room), User: string(user), ClientID: string(id)}, "preview", files.Small(small))
	if err != nil {
		return preview.Picture{}, err
	}
	return preview.Picture{Path: f.Path(), Width: f.Width, Height: f.Height}, nil
}
