package chat_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"snug/chat"
)

func allKinds() []chat.RoomKind {
	return []chat.RoomKind{chat.KindPublic, chat.KindPrivate, chat.KindDirect, chat.KindGroup}
}

// The client has the same table: it shows it in words, and offers nobody what they may
// not.
func TestPermissionsOfTheClient(t *testing.T) {
	const path = "../web/src/permissions.gen.ts"
	want := permissionsModule()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s isn't what chat/permissions.go says; run: go test ./chat -run TestPermissionsOfTheClient -update", path)
	}
}

func permissionsModule() string {
	var b strings.Builder
	b.WriteString(`// Generated from chat/permissions.go by its test. Do not edit: go test ./chat -run TestPermissionsOfTheClient -update
import { m } from '~/i18n/i18n'
import type { Role, RoomKind } from '~/realtime/wire.gen'

// Who may: everybody with at least that role. '' is nobody. words stand behind "may".
interface Permission {
  words: string
  server: Role | ''
  public: Role | ''
  private: Role | ''
  direct: Role | ''
  group: Role | ''
}

export const permissions = {
`)
	for _, p := range chat.Permissions() {
		fmt.Fprintf(&b, "  %s: { words: m('%s'), server: '%s', public: '%s', private: '%s', direct: '%s', group: '%s' },\n",
			p.Action, p.Words, p.Server, p.Public, p.Private, p.Direct, p.Group)
	}
	b.WriteString(`} as const satisfies Record<string, Permission>

export type Action = keyof typeof permissions

const ranks: Record<Role | '', number> = { '': 0, guest: 1, bot: 2, member: 3, moderator: 4, admin: 5, owner: 6 }

/** Whether a role may do something in a room of that kind (the role is the one there), or on the server. */
export function may(action: Action, role: Role, kind: RoomKind | 'server'): boolean {
  const least = permissions[action][kind]
  return least !== '' && ranks[role] >= ranks[least]
}

/** Whether one may do something to somebody with that role who may not want it. */
export function outranks(role: Role, other: Role): boolean {
  return role === 'owner' || ranks[role] > ranks[other]
}
`)
	return b.String()
}

func TestPermissionsAreOrdered(t *testing.T) {
	ladder := []chat.Role{chat.RoleGuest, chat.RoleBot, chat.RoleMember, chat.RoleModerator, chat.RoleAdmin, chat.RoleOwner}
	seen := map[chat.Action]bool{}
	for _, p := range chat.Permissions() {
		if seen[p.Action] || p.Words == "" || strings.ContainsAny(p.Words, "'\\") {
			t.Errorf("%s is there twice, or has no good words: %q", p.Action, p.Words)
		}
		seen[p.Action] = true
		for _, kind := range append(allKinds(), chat.OnServer) {
			for i, r := range ladder[1:] {
				if chat.May(p.Action, ladder[i], kind) && !chat.May(p.Action, r, kind) {
					t.Errorf("%s may %s in %q, and %s may not", ladder[i], p.Action, kind, r)
				}
			}
			if chat.May(p.Action, "", kind) {
				t.Errorf("who isn't there may %s in %q", p.Action, kind)
			}
		}
	}
	if chat.May("dance", chat.RoleOwner, chat.KindPublic) || chat.May(chat.ActPost, chat.RoleOwner, "palace") {
		t.Error("what isn't in the table is allowed")
	}
}

func TestRoleIn(t *testing.T) {
	const owner, admin, moderator, member, guest, bot = chat.RoleOwner, chat.RoleAdmin, chat.RoleModerator, chat.RoleMember, chat.RoleGuest, chat.RoleBot
	for _, tt := range []struct {
		server, member chat.Role
		want           [4]chat.Role // of allKinds
	}{
		{"", "", [4]chat.Role{member, "", "", ""}},
		{owner, "", [4]chat.Role{owner, "", "", ""}},
		{owner, member, [4]chat.Role{owner, member, member, member}},
		{admin, moderator, [4]chat.Role{admin, moderator, member, member}},
		{member, owner, [4]chat.Role{owner, owner, member, member}},
		{member, member, [4]chat.Role{member, member, member, member}},
		{guest, "", [4]chat.Role{guest, "", "", ""}},
		{guest, owner, [4]chat.Role{guest, guest, guest, guest}},
		{bot, moderator, [4]chat.Role{bot, bot, bot, bot}},
	} {
		for i, kind := range allKinds() {
			if got := chat.RoleIn(tt.server, tt.member, kind); got != tt.want[i] {
				t.Errorf("%q on the server and %q in a %s room: %q, want %q", tt.server, tt.member, kind, got, tt.want[i])
			}
		}
	}
	if !owner.Outranks(owner) || admin.Outranks(admin) || !admin.Outranks(moderator) || member.Outranks(owner) {
		t.Error("wrong ranks")
	}
	if words := chat.PermissionWords(guest, chat.KindPublic); !slices.Contains(strings.Split(words, ", "), "post messages") || strings.Contains(words, "pin") {
		t.Errorf("a guest may %s", words)
	}
}
