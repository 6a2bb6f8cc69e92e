package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"snug/chat"
)

const (
	// roomBatch rooms are added in one order, and so in one transaction, which is some
	// 30 ms of work: a server that runs must not wait long to write.
	roomBatch = 1000
	// orderRest bytes of an order are for what isn't rooms.
	orderRest = 8 << 10
	// maxRoomLine bytes are in a line that names a room; no good one has as many.
	maxRoomLine = 1 << 10
)

func roomCommand() group {
	return group{
		name: "room",
		about: "snug room makes rooms, as people do in the client, and many of them at once. Everybody with an account\n" +
			"may enter a public room; a private one only whom its members let in. Where a server runs on the data\n" +
			"folder it has them at once; where none does, it has them when it starts.",
		verbs: []verb{
			{name: "add", args: "SLUG [NAME] [--owner EMAIL] [--private]", least: 1, most: 2, run: roomAdd,
				flags: []ownFlag{{name: "owner", value: true}, {name: "private"}},
				help: "Add a room. SLUG, up to 100 of a to z, 0 to 9, - and _, stands in its address and never changes; NAME is for\n" +
					"      people, and the slug again if it is left out. A room that is there already stays as it is. With - for SLUG the\n" +
					"      rooms are read from the standard input: a line each, of a slug, or of a slug, a tab and a name.\n" +
					"      With --owner they are this person's, who may manage them; --private ones need one, and get an address that\n" +
					"      nobody guesses: SLUG with an ending, which is printed, a line for each. If the person has made a private room\n" +
					"      by that SLUG already, it is that one."},
			{name: "list", args: "[TEXT] [--json]", most: 1, run: roomList, flags: []ownFlag{{name: "json"}},
				help: "List the rooms in whose slug or name TEXT occurs, or all; by slug, at most 1,000."},
		},
	}
}

func roomAdd(in *invocation) error {
	e := chat.RoomEntry{Slug: in.word(0), Name: strings.TrimSpace(in.word(1)), Kind: in.roomKind()}
	if e.Kind == chat.KindPrivate && in.given("owner") == "" {
		return wrongUse("--private needs --owner EMAIL: nobody else could enter the room")
	}
	if e.Slug == "-" {
		if len(in.words) > 1 {
			return wrongUse("with - the names are read from the standard input too")
		}
		return in.addRooms(os.Stdin)
	}
	if err := e.Check(); err != nil {
		return wrongUse("%v", err)
	}
	out, _, err := in.operate(opAddRooms, order{Rooms: []chat.RoomEntry{e}, Email: in.given("owner")})
	if err != nil {
		return err
	}
	in.printSlugs(out.Rooms)
	in.printAdded(out.Added, 1-out.Added)
	return nil
}

func (in *invocation) roomKind() chat.RoomKind {
	if in.has("private") {
		return chat.KindPrivate
	}
	return chat.KindPublic
}

// printSlugs says which addresses private rooms have, a line each, as nobody can guess them.
func (in *invocation) printSlugs(list []chat.RoomEntry) {
	for _, e := range list {
		fmt.Fprintln(in.stdout, e.Slug)
	}
}

func (in *invocation) printAdded(added, were int) {
	fmt.Fprintf(in.stdout, "%d added", added)
	switch were {
	case 0:
	case 1:
		fmt.Fprint(in.stdout, ", 1 was there")
	default:
		fmt.Fprintf(in.stdout, ", %d were there", were)
	}
	fmt.Fprintln(in.stdout, ".")
}

// addRooms adds the rooms that the lines of a text name, however many, and says how
// many it added even if it couldn't go on.
func (in *invocation) addRooms(from io.Reader) (err error) {
	o := &operator{cfg: in.settings.Config, stderr: in.stderr}
	added, were := 0, 0
	tell := progress(in.stderr, "rooms")
	kind := in.roomKind()
	err = eachRoomBatch(from, func(batch []chat.RoomEntry) error {
		for i := range batch {
			batch[i].Kind = kind
		}
		out, err := o.do(context.Background(), opAddRooms, order{Rooms: batch, Email: in.given("owner")})
		if err == nil {
			in.printSlugs(out.Rooms)
			added, were = added+out.Added, were+len(batch)-out.Added
			tell(added + were)
		}
		return err
	})
	err = errors.Join(err, o.close())
	if err == nil || added+were > 0 {
		in.printAdded(added, were)
	}
	if err != nil && added > 0 {
		return fmt.Errorf("%w; what is added stays: do it again to go on", err)
	}
	return err
}

// eachRoomBatch reads rooms, a line each, and calls fn for so many at a time that
// they fit into an order. fn must not keep the slice. Empty lines are passed over. It
// ends with the first line that names no room; those before it are handed over.
func eachRoomBatch(from io.Reader, fn func([]chat.RoomEntry) error) error {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, maxRoomLine)
	batch, size, number := make([]chat.RoomEntry, 0, roomBatch), 0, 0
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		err := fn(batch)
		batch, size = batch[:0], 0
		return err
	}
	for lines.Scan() {
		number++
		slug, name, _ := strings.Cut(lines.Text(), "\t")
		e := chat.RoomEntry{Slug: strings.TrimSpace(slug), Name: strings.TrimSpace(name)}
		if e == (chat.RoomEntry{}) {
			continue
		}
		if err := e.Check(); err != nil {
			return errors.Join(flush(), fmt.Errorf("line %d: %w", number, err))
		}
		// What it takes as JSON, where a byte of a name becomes 6 at worst.
		bytes := len(`{"slug":"","name":"","kind":"private"},`) + len(e.Slug) + 6*len(e.Name)
		if len(batch) == roomBatch || size+bytes > maxOrder-orderRest {
			if err := flush(); err != nil {
				return err
			}
		}
		batch, size = append(batch, e), size+bytes
	}
	err := lines.Err()
	if errors.Is(err, bufio.ErrTooLong) {
		err = fmt.Errorf("line %d is longer than %d bytes", number+1, maxRoomLine)
	} else if err != nil {
		err = fmt.Errorf("read rooms: %w", err)
	}
	return errors.Join(flush(), err)
}

func roomList(in *invocation) error {
	out, _, err := in.operate(opListRooms, order{Text: in.word(0)})
	if err != nil {
		return err
	}
	if out.More {
		fmt.Fprintf(in.stderr, "snug: there are more: only the first %d are listed. A text narrows the list.\n", len(out.Rooms))
	}
	if in.has("json") {
		list := out.Rooms
		if list == nil {
			list = []chat.RoomEntry{}
		}
		e := json.NewEncoder(in.stdout)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(list)
	}
	table := tabwriter.NewWriter(in.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SLUG\tNAME\tKIND\tSINCE")
	for _, e := range out.Rooms {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", e.Slug, printable(e.Name), e.Kind, e.CreatedAt.UTC().Format(time.DateOnly))
	}
	return table.Flush()
}
