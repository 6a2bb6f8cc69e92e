// Package chat is the domain: rooms as durable objects, the frames of the wire
// protocol, and the rules. It knows neither HTTP nor accounts: httpapi hands it
// an Actor.
//
// A [Room] decides by pure functions (apply.go, rate.go) on what it has stored,
// stores what it decided, and lets the runtime's output gate hold back what it
// says until that is durable. A client of level 1 is read by its socket's own
// goroutine (client.go), which hands each frame to its room as a call; a socket
// of level 0 is the room's own (level0.go). Pages of history are read past the
// rooms, which neither wake nor wait for that (history.go, read.go). What happens to a
// message is an event with a seq of its own beside the message, which is stored as it
// is now (change.go, event.go). What is a person's own is kept by their [Inbox].
//
// # What the protocol leaves open
//
//   - A post needs no join. Who hasn't joined gets the ack and no echo.
//   - Content of level 1 is kept as it was sent, blanks and all; what is nothing
//     but blanks is refused as empty. Level 0 trims.
//   - A refused or limited post leaves no trace: its clientId may be used again,
//     and it counts neither against the rate nor as nonsense.
//   - Where nobody can know whether a frame had an effect (the store failed, or
//     was too slow) there is no error frame: the socket is closed with 1011, and
//     whatever else the room's sockets had sent by then isn't acted on. So a
//     client that repeats its unacked posts in order keeps their order.
//   - A join of a room that the socket has joined already starts over, as leave
//     and join would: after its answer seqs rise by 1 from there.
//   - A resume that would replay more than 12 MiB is a reset. Replays of one
//     person are paced, and while a join waits its turn nothing more is read.
//   - A page of history holds about 1 MiB at most: with very long messages it may
//     be shorter than limit; hasOlder and hasNewer tell.
//   - Behind a reset comes a presence frame with all who are here (the first
//     100), as reset itself doesn't name them.
//   - presence names its receiver too, and may name somebody as gone who wasn't
//     announced: a joined frame may have shown them. Who is named in joined may have been
//     here before: then their name, picture, state or status is another.
//   - The more people are in a room, the less often they hear who comes and goes: 4 times
//     a second up to 200, every 2 s from 10,000 on. In a room of over 1,000 people a
//     presence frame names at most 100 of those who changed, first those who went, none
//     for their state or status alone, and a slow socket may not get it; count is right in
//     each. A client takes what it knows of such a crowd for a sample, and watches those
//     whom it shows.
//   - Level 0 hears of no states, and in a room of over 200 people of no coming and going
//     in words.
//   - In a room of over 50 people the typing of 5 is passed on at a time.
//   - A person is away when all their sockets say so; one of level 0 can't. Do not disturb
//     comes before that. A socket says away again after each connect.
//   - A watch replaces the one before; an empty one ends it. people tells of everybody
//     whom it names, offline too, and keeps silent of nobody: an unknown id is offline.
//   - A status ends at its time, do not disturb with it, within a second for those who
//     see it.
//   - A change that changes nothing (the same text, a reaction that is there, a second
//     deletion) is ok, takes no seq and counts against no rate. Other changes have a
//     rate of their own, three times that of posts, and edits among them one that is as
//     that of posts; over it the error is rate_limited. Slow mode doesn't hold edits:
//     they tell nobody a second time.
//   - What is deleted can't be edited, reacted to, pinned or answered: not_found. To
//     take a reaction or a pin off it is ok. Its earlier versions go with it.
//   - A thread whose root is deleted goes on if it has replies, and can't begin.
//   - When a reply is deleted, an update of its root follows under the next seq.
//   - A message may hold 1,000 reactions; each update repeats them. An emoji is taken
//     as it is written: fully qualified, so that one is always the same text.
//   - The last 100 versions of a message are kept, for its author and whoever may delete
//     messages of others.
//   - In a room that isn't public somebody who isn't in it gets not_found, as for a slug
//     that isn't there, for every frame and every address. Where they are removed they
//     get the event that says so, and nothing after.
//   - Joining a public room by HTTP is an event, but in one of 100 people and more; to
//     become a member by a first post is none. Either way what was there is read, the
//     post too. A room begins without events.
//   - Slow mode answers with rateLimit, limit 1; whoever may set it isn't held by it.
//     Muted people may delete what they wrote. In an archived room no message changes.
//   - An event of a message that retention has removed is replayed as its deletion,
//     without an author.
//   - unread counts the messages above the mark, but is 0 where all of them are one's own
//     and the mark wasn't put back: a post doesn't move its author's mark. Of 100 and more
//     nobody looks whose they are.
//   - A read mark beyond the head is one at the head. By a frame read it only rises, so
//     seq 0 changes nothing: to go back is for HTTP. The reader's own sockets that have
//     joined hear it with the room, the one that sent it too.
//   - activity is of postings, not of other events, and bears the newest one's seq. Of
//     one's own posts one isn't told. A mention is Markdown, @[Name](user:ID), and tells
//     those who are in the room. Everybody is in the room "global".
//   - A draft from a clock that is ahead is one of now. Read marks and drafts together
//     are limited to 200 writes in 10 s.
//   - Clients of level 0 hear of posts only, those in threads too, and see no deleted
//     message in their history.
//   - A history position that isn't there is no error: the page is what lies on
//     the asked side of it. around fills up from one side what the other lacks.
//   - After a restart, or a reset of the room, level 0 greets people anew: who was
//     here is known from sockets alone.
package chat
