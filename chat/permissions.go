package chat

import (
	"cmp"
	"strings"
)

// Role is what a person is: on the server, in the words of auth, or in a room.
type Role string

// The roles.
const (
	RoleOwner     Role = "owner"
	RoleAdmin     Role = "admin"
	RoleModerator Role = "moderator"
	RoleMember    Role = "member"
	RoleGuest     Role = "guest"
	RoleBot       Role = "bot"
)

// rank orders roles by what they may do; 0: nothing, as somebody who isn't there.
func (r Role) rank() int {
	switch r {
	case RoleGuest:
		return 1
	case RoleBot:
		return 2
	case RoleMember:
		return 3
	case RoleModerator:
		return 4
	case RoleAdmin:
		return 5
	case RoleOwner:
		return 6
	}
	return 0
}

// Action is something that not everybody may do everywhere.
type Action string

// The actions in a room.
const (
	ActSee        Action = "see"
	ActRead       Action = "read"
	ActPost       Action = "post"
	ActReact      Action = "react"
	ActEditOwn    Action = "edit_own"
	ActDeleteOwn  Action = "delete_own"
	ActDeleteAny  Action = "delete_any"
	ActPin        Action = "pin"
	ActUpload     Action = "upload"
	ActMentionAll Action = "mention_all"
	ActReport     Action = "report"
	ActAdd        Action = "add_people"
	ActRemove     Action = "remove_people"
	ActSetRoles   Action = "set_roles"
	ActEditRoom   Action = "edit_room"
	ActSlowMode   Action = "set_slow_mode"
	ActMute       Action = "mute"
	ActSetKind    Action = "set_kind"
	ActArchive    Action = "archive"
	ActDeleteRoom Action = "delete_room"
	ActExportRoom Action = "export_room"
)

// The actions in a room, and on the server as a whole.
const (
	ActSeeReports Action = "see_reports"
	ActSeeAudit   Action = "see_audit"
)

// The actions on the server as a whole.
const (
	ActMakePublic     Action = "make_public_room"
	ActMakePrivate    Action = "make_private_room"
	ActMakeDirect     Action = "make_direct"
	ActInvite         Action = "invite"
	ActBringBack      Action = "bring_back_people"
	ActBan            Action = "ban"
	ActSetServerRoles Action = "set_server_roles"
	ActNameServer     Action = "name_server"
)

// OnServer is the kind of place of the actions on the server as a whole.
const OnServer = RoomKind("")

const nobody Role = ""

// Permission says who may do something: whoever has at least the role that it names for
// the kind of place. "" is nobody.
type Permission struct {
	Action Action
	Words  string // what one may who may: for people, behind "may"
	Server Role
	Public, Private,
	Direct, Group Role
}

// Permissions is the one table of who may do what. In directs and groups all are
// members, so nobody there has a higher role.
func Permissions() []Permission {
	const (
		guest, bot, member      = RoleGuest, RoleBot, RoleMember
		moderator, admin, owner = RoleModerator, RoleAdmin, RoleOwner
	)
	room := func(a Action, words string, public, private, direct, group Role) Permission {
		return Permission{a, words, nobody, public, private, direct, group}
	}
	server := func(a Action, words string, least Role) Permission {
		return Permission{a, words, least, nobody, nobody, nobody, nobody}
	}
	return []Permission{
		room(ActSee, "see the room", guest, guest, guest, guest),
		room(ActRead, "read messages", guest, guest, guest, guest),
		room(ActPost, "post messages", guest, guest, guest, guest),
		room(ActReact, "react to messages", guest, guest, guest, guest),
		room(ActEditOwn, "edit their own messages", guest, guest, guest, guest),
		room(ActDeleteOwn, "delete their own messages", guest, guest, guest, guest),
		room(ActUpload, "send files", guest, guest, guest, guest),
		room(ActReport, "report messages", guest, guest, guest, guest),
		room(ActPin, "pin messages", bot, bot, bot, bot),
		room(ActMentionAll, "mention everybody at once", bot, bot, bot, bot),
		room(ActAdd, "add people", member, moderator, nobody, member),
		room(ActDeleteAny, "delete messages of others", moderator, moderator, nobody, nobody),
		room(ActMute, "mute people", moderator, moderator, nobody, nobody),
		room(ActRemove, "remove people", moderator, moderator, nobody, nobody),
		room(ActSlowMode, "set slow mode", moderator, moderator, nobody, nobody),
		room(ActEditRoom, "change the name and the topic", moderator, moderator, nobody, member),
		room(ActSetRoles, "give and take roles", admin, owner, nobody, nobody),
		room(ActSetKind, "make the room public or private", admin, owner, nobody, nobody),
		room(ActArchive, "archive the room", admin, owner, nobody, nobody),
		room(ActExportRoom, "export the room", admin, owner, nobody, nobody),
		room(ActDeleteRoom, "delete the room", admin, owner, nobody, nobody),
		server(ActMakeDirect, "write to people directly", bot),
		server(ActMakePublic, "make public rooms", member),
		server(ActMakePrivate, "make private rooms", member),
		{ActSeeReports, "see what was reported", moderator, moderator, moderator, nobody, nobody},
		server(ActBan, "ban people", moderator),
		server(ActInvite, "invite people to the server", admin),
		server(ActBringBack, "add people again who left a room", admin),
		server(ActSetServerRoles, "give and take roles on the server", admin),
		server(ActNameServer, "name the server", admin),
		{ActSeeAudit, "see the audit log", admin, moderator, moderator, nobody, nobody},
	}
}

// least is the lowest role that may; "" is nobody.
func (p Permission) least(kind RoomKind) Role {
	switch kind {
	case OnServer:
		return p.Server
	case KindPublic:
		return p.Public
	case KindPrivate:
		return p.Private
	case KindDirect:
		return p.Direct
	case KindGroup:
		return p.Group
	}
	return nobody
}

// rules is the table as it is asked for each frame.
type rules map[Action]Permission

func newRules() rules {
	rs := make(rules)
	for _, p := range Permissions() {
		rs[p.Action] = p
	}
	return rs
}

// may reports whether a role may do something in a room of that kind, or on the server.
// The role is the one in the room: see RoleIn.
func (rs rules) may(a Action, r Role, kind RoomKind) bool {
	least := rs[a].least(kind)
	return least != nobody && r.rank() >= least.rank()
}

// May reports whether a role may do something in a room of that kind (the role is then
// the one in the room: see RoleIn), or on the server.
func May(a Action, r Role, kind RoomKind) bool {
	for _, p := range Permissions() {
		if p.Action == a {
			return rules{a: p}.may(a, r, kind)
		}
	}
	return false
}

// RoleIn is what a person is in a room: of their role on the server, where "" is a
// member, and the one as a member of the room, where "" is none. The result "" says that
// the room isn't there for them. What one is on the server counts in public rooms alone,
// so that a private room is private.
func RoleIn(server, member Role, kind RoomKind) Role {
	if server == "" {
		server = RoleMember
	}
	switch {
	case kind != KindPublic && member == "":
		return ""
	case server == RoleGuest || server == RoleBot:
		return server // whatever somebody made of them
	case kind == KindDirect || kind == KindGroup:
		return RoleMember
	case kind == KindPublic && server.rank() > member.rank():
		return server
	}
	return member
}

// refuseAdd says why somebody may not make another a member of a room; nil: they may.
// server is what they are on the server, role what in the room. left says that the other
// has left it of their own will: who may add people may not keep adding them.
func (rs rules) refuseAdd(server, role Role, kind RoomKind, left bool) error {
	if err := rs.refuse(ActAdd, role, kind); err != nil || !left || rs.may(ActBringBack, cmp.Or(server, RoleMember), OnServer) {
		return err
	}
	if kind == KindPublic {
		return forbidden("They have left this room. They can join it again themselves.")
	}
	return forbidden("They have left this room. They come back by an invitation to it, or if an admin of this server adds them.")
}

// ranks is what somebody is on the server, and what in a room: see RoleIn.
type ranks struct{ server, room Role }

// outranks reports whether one may do something in the room to somebody who may not want
// it. Who runs the server is at nobody's mercy who doesn't, whatever they are in the room.
func (r ranks) outranks(other ranks) bool {
	if other.server.rank() >= RoleAdmin.rank() && other.server.rank() > r.server.rank() {
		return false
	}
	return r.room.Outranks(other.room)
}

// Outranks reports whether one may do something to somebody with that role, who may not
// want it: owners to everybody, others to whom is below them.
func (r Role) Outranks(other Role) bool {
	return r == RoleOwner || r.rank() > other.rank()
}

// PermissionWords is a role in words: what who has it may do in a room of that kind.
func PermissionWords(r Role, kind RoomKind) string {
	var list []string
	for _, p := range Permissions() {
		if least := p.least(kind); least != nobody && r.rank() >= least.rank() {
			list = append(list, p.Words)
		}
	}
	return strings.Join(list, ", ")
}
