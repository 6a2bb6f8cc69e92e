// Package attention finds out what calls for whose attention, and tells them: mentions,
// calls to all in a room, replies, news in threads, posts in directs and groups.
//
// # Finding
//
// It follows the rooms as the search index does: what is durable there is looked at a
// moment later, and no post ever waits for it. How far it has come is written in the same
// transaction as what it found, so that after a crash nothing is missing and nothing is
// there twice; where it found nothing, which is nearly always, positions are gathered and
// written now and then. After a crash it looks at some events again, and finds as little.
//
// A call to a room (@room) is one row, whoever is in the room, and counts for those who
// were members when it was made. A call to those who are here (@here) is a row for each of
// them who has a socket open when it is looked at, a moment after the post.
//
// # Reading
//
// Nothing here says what is read: that follows from the one mark that a person has in each
// room, and in each thread for what is in it. Only what somebody ticks off in the inbox is
// noted, and is read there whatever the marks say.
//
// # Telling
//
// One pure function, decide, says whether a person is shown a notice, woken by a push, or
// sent a mail, and names the reason for each. What is due later is a row with its time, and
// is decided anew then: who has read meanwhile is left alone, over restarts too.
package attention
