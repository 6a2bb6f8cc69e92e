package durabletest_test

import (
	"context"
	"fmt"

	"snug/durable"
	"snug/durable/durabletest"
)

// A commit that was answered is there after a crash; one whose answer was lost
// may be, and claiming the object anew is how to find out.
func Example() {
	ctx := context.Background()
	store := durabletest.NewStore()
	faults := durabletest.NewFaults(store)

	id := durable.ID{1}
	record, _ := faults.Claim(ctx, id, "counter", "visits")
	put := func(value string) durable.Batch {
		return durable.Batch{ID: id, Fence: record.Fence,
			Ops: []durable.Op{{Kind: durable.OpPut, Key: "n", Value: []byte(value)}}}
	}
	_, err := faults.Commit(ctx, []durable.Batch{put("1")})()
	fmt.Println("first:", err)

	record.Fence.Head++
	faults.Next(durabletest.CallCommit, durabletest.Fault{Err: durabletest.ErrInjected, Keep: durabletest.KeepAll})
	_, err = faults.Commit(ctx, []durable.Batch{put("2")})()
	fmt.Println("second:", err)

	store = store.Crash()
	record, _ = store.Claim(ctx, id, "counter", "")
	value, _ := store.Get(ctx, id, "n")
	fmt.Printf("after the crash: n=%s, %s\n", value, record.Name)
	// Output:
	// first: <nil>
	// second: injected fault
	// after the crash: n=2, visits
}
