// Package files takes what people upload, makes it harmless, keeps it in blobs and
// gives it out, and deletes what no message has.
//
// # The life of a file
//
// It is a row in the table files from its first request on. While it arrives it is
// open: its bytes are in a part file, and the row says how many of them are durable.
// An upload that stops goes on there, over restarts. When all have come it is
// finished: its type is told from its content, pictures are made anew, and the blobs
// are stored under keys that are made from its id. Then it is ready, and its owner
// alone can see it, until a message claims it: one message only.
//
// # What a crash leaves
//
// Each step is done in an order that leaves a row for whatever is stored: the row comes
// before the part file and the blobs, and goes after them. Each step can be repeated.
// So the collector finds everything by the table: uploads that don't go on, files
// that no message has claimed for a day, and claims of messages that don't exist, or no
// longer do, of which it asks the room. It asks again every week, so that a deletion of
// which it never heard is found in the end.
package files
