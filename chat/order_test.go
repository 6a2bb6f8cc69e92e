package chat

import (
	"fmt"
	"strings"
	"testing"
)

func TestApplyOrder(t *testing.T) {
	public, private := roomRecord{Kind: KindPublic, Name: "A"}, roomRecord{Kind: KindPrivate, Name: "A"}
	ada, bob := User{ID: "ada", Name: "Ada"}, User{ID: "bob", Name: "Bob"}
	in := map[UserID]memberRecord{"ada": {Role: RoleOwner}, "bob": {Role: RoleMember}}
	for _, tt := range []struct {
		name    string
		about   roomRecord
		members map[UserID]memberRecord
		order   order
		want    string
	}{
		{"nothing", public, nil, order{Room: public}, ""},
		{"all at once", public, nil, order{Room: roomRecord{Kind: KindPrivate, Name: "B", Topic: "T", Archived: true, SlowMode: 5}},
			"renamed topic_changed kind_changed slow_mode archived"},
		{"out of the archive", roomRecord{Kind: KindPublic, Archived: true}, nil, order{Room: roomRecord{Kind: KindPublic}}, "unarchived"},
		{"a new room", roomRecord{}, nil, order{New: true, Room: private, Members: []memberOrder{{User: ada, Role: RoleOwner}}}, ""},
		{"a private room knows who is in it", private, in, order{Room: private, Members: []memberOrder{{User: bob, Role: RoleMember}}}, ""},
		{"and whatever it is told of before", private, in, order{Room: private, Members: []memberOrder{{User: bob, Role: RoleModerator, Was: RoleModerator}}}, "role_changed:bob"},
		{"somebody comes", private, nil, order{Room: private, Members: []memberOrder{{User: bob, Role: RoleMember}}}, "member_added:bob"},
		{"and goes", private, in, order{Room: private, Members: []memberOrder{{User: bob}}}, "member_removed:bob"},
		{"and is gone already", private, nil, order{Room: private, Members: []memberOrder{{User: bob, Was: RoleMember}}}, ""},
		{"a public room believes what it is told", public, nil, order{Room: public, Members: []memberOrder{{User: bob, Role: RoleMember}}}, "member_added:bob"},
		{"that somebody was there", public, nil, order{Room: public, Members: []memberOrder{{User: bob, Role: RoleMember, Was: RoleMember}}}, ""},
		{"or isn't any more", public, nil, order{Room: public, Members: []memberOrder{{User: bob, Was: RoleMember}}}, "member_removed:bob"},
		{"quietly", public, nil, order{Room: public, Members: []memberOrder{{User: bob, Role: RoleMember, Quiet: true}}}, ""},
		{"a mute is no event", private, in, order{Room: private, Members: []memberOrder{{User: bob, Role: RoleMember, MutedUntil: 5}}}, ""},
	} {
		var got []string
		for _, e := range applyOrder(tt.about, tt.members, tt.order) {
			text := string(e.Event)
			if e.User != nil {
				text += fmt.Sprint(":", e.User.ID)
			}
			got = append(got, text)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %v, want %q", tt.name, got, tt.want)
		}
	}
}

func TestRefuseAct(t *testing.T) {
	for _, tt := range []struct {
		archived bool
		by       authority
		want     string // code, and a part of the words
	}{
		{false, authority{role: RoleMember}, ""},
		{false, authority{}, "not_found no such room"},
		{true, authority{}, "not_found no such room"}, // an archived room is hidden too
		{true, authority{role: RoleOwner}, "forbidden archived"},
		{false, authority{RoleMember, 1_001}, "forbidden muted in this room until 1970-01-01 00:00 UTC"},
		{false, authority{RoleMember, 1_000}, ""},
	} {
		err := refuseAct(tt.archived, tt.by, 1_000)
		code, words, _ := strings.Cut(tt.want, " ")
		if err == nil && tt.want != "" || err != nil && (string(err.Code) != code || !strings.Contains(err.Message, words)) {
			t.Errorf("%+v: %v, want %q", tt, err, tt.want)
		}
	}
}
