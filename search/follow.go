package search

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"snug/chat"
)

const (
	// maxBehind is how many rooms with something new are remembered one by one.
	maxBehind = 10_000
	// batch is how many events come into the index in one transaction, and quick how many
	// where people post meanwhile: their posts wait for no long stretch of work.
	batch = 500
	quick = 20
	// turn is how many transactions a room has before it is the turn of the others that are
	// behind: one that is read from its beginning may take minutes.
	turn = 10
	// share is what part of a processor the index may take while people post. A message
	// costs it some 25 µs, as much as posting it: a busy server is followed once it has
	// time.
	share = 20
	// longestPause is the longest that it leaves to others at once.
	longestPause = time.Second
	// gather is the time in which what is new is gathered before it is looked at.
	gather = 100 * time.Millisecond
	// failed is the time to wait after an error.
	failed = 5 * time.Second
)

// Changed says that an event of a room is durable. It doesn't wait.
func (x *Index) Changed(room chat.RoomID, seq chat.Seq) {
	x.told.Add(1)
	x.mu.Lock()
	if last, known := x.behind[room]; !known || seq > last {
		if !known && len(x.behind) >= maxBehind {
			x.all = true
			clear(x.behind)
		}
		x.behind[room] = seq
	}
	x.mu.Unlock()
	x.poke()
}

// Doubted says that a room was reset when nobody knew whether its last events are durable.
// It doesn't wait.
func (x *Index) Doubted(room chat.RoomID) {
	x.mu.Lock()
	if _, known := x.doubts[room]; known || len(x.doubts) < maxBehind {
		x.doubts[room] = struct{}{}
	} else {
		x.unsure = true
	}
	x.mu.Unlock()
	x.poke()
}

// settle makes sure of the rooms that were doubted, which are behind then.
func (x *Index) settle(ctx context.Context) error {
	x.mu.Lock()
	doubts := slices.Collect(maps.Keys(x.doubts))
	x.mu.Unlock()
	for _, room := range doubts {
		x.mu.Lock()
		delete(x.doubts, room) // first: it may be doubted again meanwhile
		x.mu.Unlock()
		if err := x.cfg.Rooms.Ascertain(ctx, room); err != nil {
			x.Doubted(room)
			return fmt.Errorf("room %s: settle: %w", room, err)
		}
		x.Changed(room, 0)
	}
	return nil
}

// Run keeps the index up to date until ctx ends.
func (x *Index) Run(ctx context.Context) {
	for {
		wait := gather
		if err := x.CatchUp(ctx); err != nil && ctx.Err() == nil {
			x.cfg.Logger.Error("search index is behind", "cause", err.Error())
			wait = failed
		} else {
			select {
			case <-x.wake:
			case <-ctx.Done():
			}
		}
		if pause(ctx, wait) != nil {
			return
		}
	}
}

// CatchUp brings into the index what Changed has told of by now.
func (x *Index) CatchUp(ctx context.Context) (err error) {
	x.follow.Lock()
	defer x.follow.Unlock()
	unsettled := x.settle(ctx)
	defer func() { err = cmp.Or(err, unsettled) }()
	x.mu.Lock()
	all, behind := x.all, maps.Clone(x.behind)
	x.all = false
	x.mu.Unlock()
	defer func() {
		if err != nil && all {
			x.mu.Lock()
			x.all = true
			x.mu.Unlock()
		}
	}()
	rooms := slices.Collect(maps.Keys(behind))
	if all {
		if rooms, err = x.cfg.Rooms.AllRooms(ctx); err != nil {
			return err
		}
	}
	round := make([]visit, len(rooms))
	for i, room := range rooms {
		round[i] = visit{room, behind[room], all}
	}
	for done := 0; len(round) > 0; {
		var rest []visit
		for _, v := range round {
			position, ended, err := x.catchUp(ctx, v.room, v.upTo)
			if err != nil {
				return fmt.Errorf("room %s: %w", v.room, err)
			}
			if !ended {
				rest = append(rest, v)
				continue
			}
			if v.counted {
				done++
				x.cfg.Progress(done, len(rooms))
			}
			x.mu.Lock()
			// Where nothing was told meanwhile there is nothing more: a seq above may be of a
			// history that another has taken the place of.
			if now := x.behind[v.room]; now <= position || now == v.upTo {
				delete(x.behind, v.room)
			}
			x.mu.Unlock()
		}
		if round = rest; len(rest) > 0 {
			if unsettled == nil {
				unsettled = x.settle(ctx)
			}
			round = append(x.others(rest), rest...)
		}
	}
	return nil
}

// visit is a room that is to be brought into the index.
type visit struct {
	room    chat.RoomID
	upTo    chat.Seq
	counted bool // for Progress
}

// others returns the rooms that are behind and not among those.
func (x *Index) others(those []visit) (list []visit) {
	x.mu.Lock()
	behind := maps.Clone(x.behind)
	x.mu.Unlock()
	for _, v := range those {
		delete(behind, v.room)
	}
	for room, seq := range behind {
		list = append(list, visit{room: room, upTo: seq})
	}
	return list
}

// catchUp brings all of a room into the index, and returns how far that is. Where people
// post there faster than it may work it stops at upTo: the other rooms wait; 0 is nowhere.
// Where its turn is over it hasn't ended.
func (x *Index) catchUp(ctx context.Context, room chat.RoomID, upTo chat.Seq) (position chat.Seq, ended bool, err error) {
	err = x.db.Read(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `select position from rooms where room = ?`, string(room)).Scan(&position)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return 0, false, err
	}
	dropping := false
	for limit, n := quick, 1; ; n++ {
		begun, told := time.Now(), x.told.Load()
		events := limit
		if dropping {
			events = 1 // for the stream: they are asked for again
		}
		c, err := x.cfg.Rooms.Changes(ctx, room, position, events)
		if err != nil || c.Stream == "" {
			return position, err == nil, err
		}
		// Asked after that: the event that tells of another answer may be among those.
		public, err := x.cfg.Rooms.IsPublic(ctx, room)
		if err != nil {
			return position, false, err
		}
		more := false
		err = x.db.Write(ctx, func(tx *sql.Tx) error {
			if x.isDropped(room) {
				return nil
			}
			w := newWriting(ctx, tx)
			p, err := w.enter(room, c.Stream, public, limit)
			if err != nil {
				return err
			}
			if dropping = p.stream == ""; dropping || p.position != position { // the history or its tokens are others: read it from its beginning
				position, more = p.position, true
				return nil
			}
			if c.Through <= position {
				return nil
			}
			if c.Floor > 0 {
				if err := w.drop(p.room, c.Floor); err != nil {
					return err
				}
			}
			for i := range c.Messages {
				if err := w.put(p, &c.Messages[i]); err != nil {
					return err
				}
			}
			position, more = c.Through, true
			return w.exec(`update rooms set position = ? where id = ?`, int64(position), p.room)
		})
		if err != nil {
			return position, false, err
		}
		if !more {
			return position, true, nil
		}
		if limit = batch; x.told.Load() != told {
			if limit = quick; upTo > 0 && position >= upTo {
				return position, true, nil
			}
			if err := pause(ctx, min((share-1)*time.Since(begun), longestPause)); err != nil {
				return position, false, err
			}
		}
		if n == turn {
			return position, false, nil
		}
	}
}

func (x *Index) isDropped(room chat.RoomID) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	_, dropped := x.dropped[room]
	return dropped
}

// DropRoom takes a room that is being deleted out of the index. It may be repeated.
func (x *Index) DropRoom(ctx context.Context, room chat.RoomID) error {
	x.mu.Lock()
	delete(x.behind, room)
	delete(x.doubts, room)
	if len(x.dropped) >= maxBehind {
		clear(x.dropped)
	}
	x.dropped[room] = struct{}{} // what was read of it before isn't written any more
	x.mu.Unlock()
	err := x.db.Write(ctx, func(tx *sql.Tx) error {
		w := newWriting(ctx, tx)
		var number int64
		known, err := w.get(`select id from rooms where room = ?`, []any{string(room)}, &number)
		if err != nil || !known {
			return err
		}
		if err := w.drop(number, endOfSeqs); err != nil {
			return err
		}
		return w.exec(`delete from rooms where id = ?`, number)
	})
	if err != nil {
		return fmt.Errorf("drop room from search index: %w", err)
	}
	return nil
}

// ForgetUsers takes away the names of deleted accounts, once the rooms have.
func (x *Index) ForgetUsers(ctx context.Context, ids []chat.UserID) error {
	x.follow.Lock() // what was read before the rooms forgot them is written by now
	defer x.follow.Unlock()
	err := x.db.Write(ctx, func(tx *sql.Tx) error {
		w := newWriting(ctx, tx)
		for _, id := range ids {
			if err := w.exec(`update people set name = '' where user_id = ?`, string(id)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("forget people in search index: %w", err)
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
