package chat

import (
	"slices"
	"strings"
	"testing"
)

func TestIdentity(t *testing.T) {
	for _, a := range []Actor{
		{},
		{User: User{ID: "u"}, SessionKey: "s"},
		{User: User{ID: "u1", Name: "Ada \"A\"\n\x00", Image: "https://example.org/a.png"}, SessionKey: "s-1", ReadOnly: true},
		{User: User{ID: "user:session:", Name: strings.Repeat("名", 100), Image: strings.Repeat("i", maxImageBytes)}, SessionKey: "user:", Role: RoleModerator},
	} {
		identity, tags := a.identity()
		if got, err := parseIdentity(identity); err != nil || got != a {
			t.Errorf("got %+v, %v, want %+v", got, err, a)
		}
		if want := []string{"user:" + string(a.ID), "session:" + a.SessionKey}; !slices.Equal(tags, want) {
			t.Errorf("tags %q, want %q", tags, want)
		}
	}
}

func FuzzParseIdentity(f *testing.F) {
	identity, _ := Actor{User: User{ID: "u", Name: "Ada", Image: "i"}, SessionKey: "s"}.identity()
	for n := range len(identity) + 1 {
		f.Add(identity[:n])
	}
	f.Fuzz(func(t *testing.T, identity string) {
		a, err := parseIdentity(identity)
		if err != nil {
			return
		}
		if again, _ := a.identity(); len(again) != len(identity) {
			t.Errorf("%q becomes %q", identity, again)
		}
	})
}

func BenchmarkParseIdentity(b *testing.B) {
	identity, _ := Actor{User: User{ID: benchMessage.UserID, Name: benchMessage.UserName, Image: "https://example.org/a.png"}, SessionKey: "0123456789abcdef"}.identity()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parseIdentity(identity); err != nil {
			b.Fatal(err)
		}
	}
}
