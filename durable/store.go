package durable

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Store is what a backend implements: ordered bytes per object, committed
// under a fence. Everything above it is the same for every backend.
//
// All methods may be called concurrently. Slices that are handed in belong to
// the caller again once the call returns (for Commit: once its wait does);
// slices handed out by Get are the caller's, those handed to a Scan function
// are valid only during that call. A call whose context is over returns the
// context's error; a Commit may then have been made all the same. After Close
// every call is fs.ErrClosed.
//
// Durable before seen: Get, Scan and AlarmsDue see every commit whose wait has
// returned before they were called, and none that a crash of the machine could
// still undo.
//
// durabletest.TestStore is the suite that every implementation passes.
type Store interface {
	// Claim makes the caller the one owner of the object: it raises the
	// epoch, draws a new random claim and returns the object's record as it
	// now stands. Every fence handed out before for this object is void from
	// here on. An object that was never claimed gets a record with Head 0, and
	// until then takes no commit. class and name replace the stored ones; an
	// empty name keeps what is stored. It returns once every commit made of the
	// object before it is durable: what the new owner reads can't be lost.
	//
	// A Claim need not survive a crash of the process, as long as no epoch
	// and claim are ever handed out a second time.
	Claim(ctx context.Context, id ID, class, name string) (Record, error)

	// Get returns the value of key, or nil and no error where there is none
	// (a stored empty value is a non-nil empty slice).
	Get(ctx context.Context, id ID, key string) ([]byte, error)

	// Scan calls fn for each pair of the range in key order (bytewise), or
	// in reverse order, until fn returns false. It sees one consistent state.
	Scan(ctx context.Context, id ID, r Range, fn func(key, value []byte) bool) error

	// Commit makes each batch durable, all or nothing for each, in the order
	// given. It returns once the batches have their place in the order: those
	// of later calls come behind. wait returns when they are durable, or have
	// failed; it is to be called once, on any goroutine, and ends with ctx too.
	//
	// errs has one entry a batch: nil, or ErrFenced where the batch's fence no
	// longer holds (nothing of that batch is then stored, the others are). A
	// batch may build on another of the same object that has its place before
	// it, in this call or an earlier one, durable or not: its fence bears the
	// Head that the other leaves. It is never stored without the other.
	//
	// Where err is not nil nothing of the whole call is known to be stored;
	// the caller must treat every object in it as unknown and Claim it anew.
	// A Commit whose wait returned nil survives a crash of process and machine.
	Commit(ctx context.Context, batches []Batch) (wait func() (errs []error, err error))

	// AlarmsDue returns up to limit objects whose stored alarm is due at or
	// before now, earliest first, and the time of the earliest alarm after
	// those returned (the zero time where there is none). The records' fences
	// are not for commits: they may be those of an earlier moment.
	AlarmsDue(ctx context.Context, now time.Time, limit int) (due []Record, next time.Time, err error)

	// Close waits for running calls and releases the store.
	Close() error
}

// ErrFenced is the refusal of a commit whose owner has been superseded.
var ErrFenced = errors.New("fenced: another owner has claimed the object")

// Fence proves that a commit comes from the object's present owner and builds
// on the object's present state. The store checks it in the transaction that
// applies the batch; nothing else keeps a superseded owner from writing.
//
// Head counts the object's commits. After a crash it may be lower than before,
// but never with the same epoch and claim, so that no fence holds twice.
type Fence struct {
	Epoch uint64   // grows with every claim of the object
	Claim [16]byte // random; makes an epoch number that was reused harmless
	Head  uint64   // which commit the batch builds on
}

// Record is what a store keeps about an object beside its keys.
type Record struct {
	ID    ID
	Class string // namespace name: who wakes the object for its alarm
	Name  string // "" where the object has none
	Fence Fence  // of the last claim; for Head see there
	Alarm Alarm  // zero where none is set
}

// Admit reports whether a batch with fence f may be applied on top of r. It is
// the one piece of fence code: each store calls it inside its transaction.
func (r Record) Admit(f Fence) error {
	if r.Fence != f {
		return fmt.Errorf("%w (stored epoch %d head %d, offered epoch %d head %d)",
			ErrFenced, r.Fence.Epoch, r.Fence.Head, f.Epoch, f.Head)
	}
	return nil
}

// Alarm is an object's one alarm slot.
type Alarm struct {
	Due       time.Time // when it is to run; kept in milliseconds, rounded up; zero: no alarm
	Scheduled time.Time // what the object asked for; differs from Due in a retry
	Retries   int       // failed runs so far
}

// IsZero reports whether no alarm is set.
func (a Alarm) IsZero() bool { return a.Due.IsZero() }

// Batch is what one turn writes.
type Batch struct {
	ID    ID
	Fence Fence
	Ops   []Op   // applied in order
	Alarm *Alarm // nil: leave the slot; zero Alarm: clear it
}

// Op is one write. Kind says which fields count.
type Op struct {
	Kind  OpKind
	Key   string // OpPut, OpDelete: the key; OpDeleteRange: inclusive start
	End   string // OpDeleteRange: exclusive end; "" means to the end of the object
	Value []byte // OpPut
}

// OpKind is the kind of an Op.
type OpKind uint8

// The kinds of Op.
const (
	OpPut OpKind = iota + 1
	OpDelete
	OpDeleteRange
)

// Range selects keys of one object.
type Range struct {
	Start   string // inclusive
	End     string // exclusive; "" means no end
	Reverse bool   // largest key first; Start is still the smaller bound
}
