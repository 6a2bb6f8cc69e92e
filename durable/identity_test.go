package durable_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"snug/durable"
	"snug/durable/durabletest"
)

func TestScenario01SameNameSameID(t *testing.T) {
	scenario(t, counting, func(w *world) {
		id := w.ns().IDFromName("n")
		if again := w.ns().IDFromName("n"); again != id {
			w.Errorf("the same name gave %s and %s", id, again)
		}
		if !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(id.String()) {
			w.Errorf("%q isn't 64 hex digits", id)
		}
		w.restart()
		if after := w.ns().IDFromName("n"); after != id {
			w.Errorf("the name gave %s, and after a restart %s", id, after)
		}
		if other := w.add("other", counting).ns.IDFromName("n"); other == id {
			w.Error("two namespaces gave a name the same id")
		}
	})
}

func TestScenario02UniqueIDsDiffer(t *testing.T) {
	scenario(t, counting, func(w *world) {
		const n = 100_000
		seen := make(map[durable.ID]bool, n)
		seen[w.ns().IDFromName("")] = true
		for range n {
			id := w.ns().NewUniqueID()
			if seen[id] || id.IsZero() {
				w.Fatalf("id %s came twice, or is no id", id)
			}
			seen[id] = true
		}
	})
}

func TestScenario03ForeignAndMalformedIDs(t *testing.T) {
	scenario(t, counting, func(w *world) {
		other := w.add("other", counting)
		id := w.ns().IDFromName("n")
		if got, err := w.ns().ParseID(id.String()); err != nil || got != id {
			w.Errorf("own id: got %s, %v", got, err)
		}
		if got, err := w.ns().ParseID(strings.ToUpper(id.String())); err != nil || got != id {
			w.Errorf("own id in capitals: got %s, %v", got, err)
		}
		_, err := other.ns.ParseID(id.String())
		w.wantErr(err, durable.ErrInvalidID)
		w.wantErrText(err, "not valid for this namespace")
		for _, text := range []string{"", id.String()[:63], id.String() + "0", "g" + id.String()[1:], strings.Repeat("é", 32)} {
			_, err := w.ns().ParseID(text)
			w.wantErr(err, durable.ErrInvalidID)
			w.wantErrText(err, "must be 64 hex digits")
			var parsed durable.ID
			w.wantErr(parsed.UnmarshalText([]byte(text)), durable.ErrInvalidID)
		}
		// A stub for an id that wasn't checked makes no object either.
		_, err = other.do.Call(w.Context(), other.ns.Get(id), "add")
		w.wantErr(err, durable.ErrInvalidID)
		w.wantErr(other.do.Send(w.Context(), other.ns.Get(id), "add"), durable.ErrInvalidID)
		if n := w.rt.Stats().Objects; n != 0 {
			w.Errorf("%d objects were made", n)
		}
		if n := w.faults.Calls(durabletest.CallClaim); n != 0 {
			w.Errorf("%d objects were claimed", n)
		}
	})
}

func TestScenario04NameIsKnownToItsObject(t *testing.T) {
	naming := script{do: func(_ context.Context, o *thing, _ string) (string, error) { return o.Name(), nil }}
	scenario(t, naming, func(w *world) {
		k := w.things[0]
		w.want("Ada", "", "Ada")
		if name, err := k.do.Call(w.Context(), k.ns.Get(k.ns.NewUniqueID()), ""); err != nil || name != "" {
			w.Errorf("unique id: got name %q, %v", name, err)
		}
		parsed, err := k.ns.ParseID(k.ns.IDFromName("parsed").String())
		if err != nil {
			w.Fatal(err)
		}
		if name, err := k.do.Call(w.Context(), k.ns.Get(parsed), ""); err != nil || name != "" {
			w.Errorf("parsed id: got name %q, %v", name, err)
		}
		long := strings.Repeat("n", durable.MaxNameBytes)
		w.want(long, "", long)
		w.want(long+"n", "", "")
	})
}

func TestScenario05AlarmWakesNamedObject(t *testing.T) {
	var b book
	scenario(t, script{
		do: func(_ context.Context, o *thing, _ string) (string, error) {
			return "", o.Storage().SetAlarm(time.Now().Add(time.Hour))
		},
		alarm: func(_ context.Context, o *thing, _ durable.AlarmInfo) error {
			b.add("alarm of %q", o.Name())
			return nil
		},
	}, func(w *world) {
		w.must("Ada", "")
		w.restart()
		if n := w.rt.Stats().Objects; n != 0 {
			w.Fatalf("%d objects after the restart", n)
		}
		time.Sleep(time.Hour)
		w.wantBook(&b, `alarm of "Ada"`)
	})
}

func TestScenario06StubAloneStartsNothing(t *testing.T) {
	started := 0
	scenario(t, script{start: func(context.Context, *thing) error { started++; return nil }}, func(w *world) {
		for range 10 {
			w.ns().ByName("n")
			w.ns().Get(w.ns().NewUniqueID())
		}
		idle()
		if n := w.faults.Calls(durabletest.CallClaim); started != 0 || n != 0 || w.rt.Stats().Objects != 0 {
			w.Errorf("%d objects started, %d claimed, %d in memory", started, n, w.rt.Stats().Objects)
		}
	})
}

// A stub whose object was reset under it fails ever after; a new one works.
func TestStubStaysBroken(t *testing.T) {
	scenario(t, counting, func(w *world) {
		k, stub := w.things[0], w.ns().ByName("n")
		w.faults.Next(durabletest.CallCommit, durabletest.Fault{Err: errInjected})
		_, err := k.do.Call(w.Context(), stub, "add")
		w.wantReset(err)
		w.wantErr(err, errInjected)
		_, err = k.do.Call(w.Context(), stub, "get")
		w.wantReset(err)
		w.wantReset(k.do.Send(w.Context(), stub, "get"))
		w.want("n", "get", "0")
	})
}

func TestUnknownMethodAndClass(t *testing.T) {
	scenario(t, counting, func(w *world) {
		other := w.add("other", counting)
		_, err := other.do.Call(w.Context(), w.ns().ByName("n"), "add")
		w.wantErr(err, durable.ErrUnknownMethod)
		var e *durable.Error
		if !errors.As(err, &e) || e.Class != "thing" || e.Event != "do" || e.ID != w.ns().IDFromName("n") {
			w.Errorf("the error doesn't say where: %#v", e)
		}
		if _, err := w.rt.Register(durable.NewClass("other", nil)); err == nil {
			w.Error("a class could be registered twice")
		}
		synctest.Wait()
		if n := w.rt.Stats().Objects; n != 0 {
			w.Errorf("%d objects were made", n)
		}
	})
}

func TestOptionsAreChecked(t *testing.T) {
	store := durabletest.NewStore()
	for _, o := range []durable.Options{
		{}, {Store: store, IdleTimeout: -1}, {Store: store, IdleObjects: -1}, {Store: store, InboxEvents: -1}, {Store: store, SocketQueue: -1},
	} {
		if _, err := durable.New(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}
