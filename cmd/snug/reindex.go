package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"snug/chat"
	"snug/cmd/snug/internal/config"
	"snug/db"
	"snug/durable/store/pebble"
	"snug/search"
)

// indexName is the file in the data folder that has the search index. It can be thrown
// away: it is made anew.
const indexName = "search.db"

// reindex makes the search index anew: a running server does it beside all else, and
// searches find more as it goes on; where none runs the command does it.
func reindex(args, environ []string, stdout, stderr io.Writer) int {
	l, code := load(args, environ, stdout, stderr)
	if l == nil {
		return code
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer cancel()
	if err := reindexIn(ctx, l.Config, stdout, stderr); err != nil {
		fmt.Fprintf(stderr, "snug: %v\n", err)
		return exitError
	}
	return exitOK
}

func reindexIn(ctx context.Context, cfg config.Config, stdout, stderr io.Writer) (err error) {
	if err := checkFolder(cfg.Data); err != nil {
		return err
	}
	_, err = orderServer(ctx, cfg.Data, opReindex, order{})
	if err == nil {
		fmt.Fprintln(stdout, "The server makes its search index anew. Until it is done searches don't find everything.")
		return nil
	}
	if !errors.Is(err, errNoServer) {
		return err
	}
	folder, err := openFolder(cfg.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, folder.close()) }()
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	tables, err := db.Open(ctx, folder.file(tablesName))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tables.Close()) }()
	store, err := pebble.Open(folder.file(objectsName), pebble.Options{MinFree: storeMinFree(cfg.MinFree), Logger: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	rooms, err := chat.New(ctx, chat.Config{Store: store, DB: tables, Logger: log})
	if err != nil {
		return fmt.Errorf("open rooms: %w", err)
	}
	defer func() { err = errors.Join(err, rooms.Close(context.WithoutCancel(ctx))) }()
	begin, all, tell := time.Now(), 0, progress(stderr, "rooms")
	if err := search.Remove(folder.file(indexName)); err != nil {
		return err
	}
	index, err := search.Open(ctx, search.Config{Path: folder.file(indexName), Rooms: rooms, Logger: log, Progress: func(done, rooms int) {
		all = rooms
		tell(done)
	}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, index.Close(context.WithoutCancel(ctx))) }()
	if err := index.CatchUp(ctx); err != nil {
		return fmt.Errorf("make search index: %w; what is missing the server adds when it starts", err)
	}
	fmt.Fprintf(stdout, "Rooms in the search index: %d. It took %v.\n", all, time.Since(begin).Round(time.Millisecond))
	return nil
}

// follower is the search index of a running server.
type follower struct {
	*search.Index
	stop func() // ends what brings it up to date, and waits
}

// openIndex opens the search index and keeps it up to date until stop.
func (s *Server) openIndex(ctx context.Context, path string) (err error) {
	log := s.log.With("part", "search")
	index, err := search.Open(ctx, search.Config{Path: path, Rooms: s.chat, Logger: log})
	if err != nil {
		return err
	}
	running, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		index.Run(running)
	}()
	s.index.Store(&follower{index, func() {
		cancel()
		<-ended
	}})
	return nil
}

// dropped removes what is kept of a room that is being deleted.
func (s *Server) dropped(ctx context.Context, room chat.RoomID) error {
	if s.files != nil {
		if err := s.files.RemoveRoom(ctx, string(room)); err != nil {
			return err
		}
	}
	if f := s.index.Load(); f != nil {
		if err := f.DropRoom(ctx, room); err != nil {
			return err
		}
	}
	if o := s.observer.Load(); o != nil {
		return o.attention.DropRoom(ctx, room)
	}
	return nil
}

// doubted tells the index of a room whose last events may be there or not.
func (s *Server) doubted(room chat.RoomID) {
	if f := s.index.Load(); f != nil {
		f.Doubted(room)
	}
}
