// Generated from chat/protocol*.go by internal/tsgen. Do not edit: go generate ./chat

/** Subprotocol is the level 1 WebSocket subprotocol. */
export const subprotocol = "chat.v1";

/** ProtocolVersion is what hello announces. */
export const protocolVersion = 1;

/**
 * Seq numbers the durable events of one room: 1, 2, 3, … without a gap. It is
 * the only order of a room.
 */
export type Seq = number;

/** opaque; the name of the room's object */
export type RoomID = string;

/** opaque; minted by auth */
export type UserID = string;

/** UUID version 7, minted by the room */
export type MessageID = string;

/** 1 to 64 characters, minted by the sender */
export type ClientID = string;

/** MessageType tells what people wrote from what the room says itself. */
export type MessageType = "text" | "system";

/** User is how a person appears in frames. */
export interface User {
  userId: UserID;
  userName: string;
  userImage?: string;
  /** away or dnd; left out: online, or nothing that was asked for */
  state?: State;
  status?: Status;
}

/**
 * Message is a message as every client sees it, as it is now. A system message has
 * no Seq: it is live only. Of a deleted one there is left who wrote it and when, its
 * place, and the thread that it is in or began.
 */
export interface Message {
  id: MessageID;
  userId: UserID;
  userName: string;
  userImage?: string;
  content: string;
  timestamp: number;
  type: MessageType;
  /** of its posting */
  seq?: Seq;
  clientId?: ClientID;
  editedAt?: number;
  deletedAt?: number;
  /** the message that it answers */
  replyTo?: MessageID;
  /** the root of the thread that it is in */
  thread?: MessageID;
  reactions?: Record<string, UserID[]>;
  pinned?: boolean;
  attachments?: Attachment[];
  /** on the root of a thread */
  replies?: Replies;
  previews?: Preview[];
}

/** Attachment is a file of a message. */
export interface Attachment {
  id: string;
  name: string;
  mime: string;
  /** bytes */
  size: number;
  /** pixels; 0: it has none, or none that is known */
  width: number;
  height: number;
  /** a path on this server */
  url: string;
  /** likewise */
  thumbnail?: string;
  blurhash?: string;
  /** milliseconds */
  duration?: number;
}

/**
 * Replies tells of the thread that a message began. A reply takes no seq for the
 * change of its root: clients count replies whose seq is above LastSeq and that aren't
 * deleted. That one is deleted they needn't count: an update of the root follows it.
 */
export interface Replies {
  /** that aren't deleted */
  count: number;
  lastSeq: Seq;
  lastAt: number;
  /** who replied, latest first, at most 5 */
  users: UserID[];
}

/** Preview is what a link in a message leads to. */
export interface Preview {
  /** as it stands in the message */
  url: string;
  title?: string;
  description?: string;
  site?: string;
  /** a path on this server */
  image?: string;
  /** of the image, pixels */
  width?: number;
  height?: number;
}

/** Page is a piece of a room's history, oldest first. */
export interface Page {
  stream: string;
  head: Seq;
  hasOlder: boolean;
  hasNewer: boolean;
  messages: Message[];
}

/** ClientFrame is any frame a client sends; which fields count depends on Type. */
export interface ClientFrame {
  type: "join" | "leave" | "message" | "edit" | "delete" | "react" | "pin" | "typing" | "read" | "away" | "watch" | "ping";
  /** at most 64 characters; the reply carries it */
  ref?: string;
  room?: string;
  stream?: string;
  after?: Seq;
  clientId?: ClientID;
  content?: string;
  /** of the message that edit, delete, react and pin change */
  id?: MessageID;
  emoji?: string;
  /** react and pin: whether it is to be there; away: whether the person is */
  on?: boolean;
  /** read: up to here */
  seq?: Seq;
  replyTo?: MessageID;
  thread?: MessageID;
  /** ids of finished uploads */
  attachments?: string[];
  /** watch: at most 200 people */
  users?: UserID[];
}

/** ServerFrame is any frame the server sends on the level 1 socket. */
export type ServerFrame =
  | HelloFrame
  | JoinedFrame
  | ResetFrame
  | MessageFrame
  | UpdateFrame
  | ReadFrame
  | ActivityFrame
  | AckFrame
  | PresenceFrame
  | TypingFrame
  | RateLimitFrame
  | OKFrame
  | ErrorFrame
  | PongFrame
  | NoticeFrame
  | AttentionFrame
  | ReportsFrame
  | PeopleFrame
  | RoomFrame
  | RoomsFrame;

/** HelloFrame is the first frame of a level 1 socket. */
export interface HelloFrame {
  type: "hello";
  protocol: number;
  you: User;
  heartbeatMs: number;
}

/**
 * JoinedFrame answers join. Head is the room's head at the very point where
 * live events begin; when Resumed, the missed events follow it.
 */
export interface JoinedFrame {
  type: "joined";
  ref?: string;
  room: string;
  stream: string;
  head: Seq;
  role: string;
  resumed: boolean;
  count: number;
  users: User[];
}

/**
 * ResetFrame answers a join that can't be resumed: load over HTTP, go on live
 * from Head.
 */
export interface ResetFrame {
  type: "reset";
  ref?: string;
  room: string;
  stream: string;
  head: Seq;
}

/** MessageFrame carries a posted message. */
export interface MessageFrame {
  type: "message";
  room: string;
  message: Message;
}

/**
 * UpdateFrame carries a message that was edited, deleted, reacted to, pinned or got a
 * preview: the whole of it, as it is now. Seq is that of the change.
 */
export interface UpdateFrame {
  type: "update";
  room: string;
  seq: Seq;
  message: Message;
}

/** ReadFrame tells how far a person has read. It has no seq of its own. */
export interface ReadFrame {
  type: "read";
  room: string;
  userId: UserID;
  seq: Seq;
}

/**
 * ActivityFrame tells of something new in a room that the person has a read mark in
 * and the socket hasn't joined. Seq is the room's head; Mention says that somebody
 * was speaking to this person.
 */
export interface ActivityFrame {
  type: "activity";
  room: string;
  seq: Seq;
  mention: boolean;
}

/** AckFrame tells the sender alone that its message is durable. */
export interface AckFrame {
  type: "ack";
  ref?: string;
  room: string;
  clientId: ClientID;
  id: MessageID;
  seq: Seq;
  timestamp: number;
}

/**
 * PresenceFrame tells who came, changed and went since the last one. In a crowd it
 * names some of them: Count is right all the same.
 */
export interface PresenceFrame {
  type: "presence";
  room: string;
  count: number;
  joined: User[];
  left: UserID[];
}

/** TypingFrame is good for 5 s. */
export interface TypingFrame {
  type: "typing";
  room: string;
  userId: UserID;
  userName: string;
}

/** RateLimitFrame: this post was not taken, and its ClientID is not remembered. */
export interface RateLimitFrame {
  type: "rateLimit";
  ref?: string;
  room?: string;
  clientId?: ClientID;
  retryAfterMs: number;
  limit: number;
  windowMs: number;
}

/** OKFrame answers a frame with a ref that has no answer of its own. */
export interface OKFrame {
  type: "ok";
  ref: string;
}

/** ErrorFrame answers any frame that failed. */
export interface ErrorFrame {
  type: "error";
  code: Code;
  message: string;
  ref?: string;
  room?: string;
  clientId?: ClientID;
}

/** NoticeKind is why a message calls for somebody's attention. */
export type NoticeKind = "mention" | "reply" | "thread" | "call" | "room";

/**
 * Notice is a message that calls for somebody's attention. A push says the same: its
 * payload is a NoticeFrame.
 */
export interface Notice {
  /** of the item of the inbox; 0: the inbox has none */
  id: number;
  kind: NoticeKind;
  room: string;
  /** for this person: that of a direct is the other's, of a group without one its people's */
  roomName: string;
  roomKind: RoomKind;
  seq: Seq;
  messageId: MessageID;
  /** the root of the thread that it is in */
  thread?: MessageID;
  /** who wrote it */
  userId: UserID;
  userName: string;
  userImage?: string;
  /** how it begins, without formatting: at most 140 characters */
  text: string;
  at: number;
  /** it is to be counted, and not to be heard or to pop up */
  quiet: boolean;
}

/** NoticeFrame tells all sockets of a person of something that calls for their attention. */
export interface NoticeFrame {
  type: "notice";
  notice: Notice;
}

/**
 * AttentionFrame tells all sockets of a person that what waits for them (their inbox, the
 * threads that they follow) or how they want to be told of it isn't as it was, and no notice
 * or read frame says so: ask for it again. It comes at most once a second.
 */
export interface AttentionFrame {
  type: "attention";
}

/** PongFrame answers ping, from the socket layer alone. */
export interface PongFrame {
  type: "pong";
  ref?: string;
}

/** Level0Message carries a message, posted or of the room itself. */
export interface Level0Message {
  type: "message";
  message: Message;
}

/** Level0UserCount lists who is here: each user once, the first 100. */
export interface Level0UserCount {
  type: "userCount";
  count: number;
  connectedUsers: User[];
}

/** Version is what a message said before it was edited. */
export interface Version {
  content: string;
  /** when it was edited */
  until: number;
}

/** VersionList is all that a message said before, oldest first. */
export interface VersionList {
  versions: Version[];
}

/** ThreadPage is a piece of a thread, oldest first. */
export interface ThreadPage {
  root: Message;
  messages: Message[];
  hasOlder: boolean;
  hasNewer: boolean;
  following: boolean;
  /** the last reply that the person has read */
  read: Seq;
}

/** ThreadSummary is a thread that a person follows. */
export interface ThreadSummary {
  room: string;
  root: Message;
  /** replies after Read; of more than 100 it says 100 */
  unread: number;
  following: boolean;
  read: Seq;
}

/** ThreadList is the threads that a person follows, latest first, at most 50. */
export interface ThreadList {
  threads: ThreadSummary[];
}

/** PinList is the pinned messages of a room, those pinned last first. */
export interface PinList {
  messages: Message[];
}

/** ReadMark is how far a person has read. */
export interface ReadMark {
  read: Seq;
}

/** ThreadMark is what a person has to do with a thread. */
export interface ThreadMark {
  following: boolean;
  /** the last reply that they have read */
  read: Seq;
}

/**
 * Draft is what a person was about to say in a room or a thread. Of two the one that
 * was written later counts.
 */
export interface Draft {
  room: string;
  thread?: MessageID;
  content: string;
  replyTo?: MessageID;
  updatedAt: number;
}

/** DraftList is all drafts of a person, in the rooms that they see. */
export interface DraftList {
  drafts: Draft[];
  deleted: DeletedDraft[];
}

/**
 * DeletedDraft says since when there is no draft where there was one. Of what is in neither
 * list nothing is known: the room may be one that the person doesn't see any more.
 */
export interface DeletedDraft {
  room: string;
  thread?: MessageID;
  updatedAt: number;
}

/** PeopleList is people who can be mentioned. */
export interface PeopleList {
  people: User[];
}

/** Settings is what a client must know of how this server is set up. */
export interface Settings {
  maxMessageChars: number;
  /** 0: it takes no files */
  maxFileBytes: number;
  /** of one message */
  maxFiles: number;
  previews: boolean;
  server: ServerInfo;
}

/** AuditAction is something that is kept in the audit log. */
export type AuditAction =
  | "room_made"
  | "room_renamed"
  | "topic_changed"
  | "kind_changed"
  | "slow_mode_set"
  | "room_archived"
  | "room_unarchived"
  | "room_deleted"
  | "member_added"
  | "member_invited"
  | "member_removed"
  | "role_set"
  | "muted"
  | "unmuted"
  | "message_deleted"
  | "messages_deleted"
  | "report_handled"
  | "report_dismissed"
  | "banned"
  | "unbanned"
  | "server_role_set"
  | "signed_out"
  | "invite_made"
  | "invite_revoked"
  | "invite_used"
  | "server_renamed"
  | "server_described";

/** AuditEntry is a line of the audit log. Names are what they were then. */
export interface AuditEntry {
  /** rises with time */
  id: number;
  at: number;
  action: AuditAction;
  /** without an id: whoever runs the server */
  by: User;
  /** slug; "": of the server, or the room is gone */
  room: string;
  /** "": of the server */
  roomName: string;
  user?: User;
  messageId?: MessageID;
  /** by Action */
  detail?: string;
}

/** AuditPage is a piece of the audit log, the latest first. */
export interface AuditPage {
  entries: AuditEntry[];
  hasOlder: boolean;
}

/** BannedPerson is somebody who is kept out of the server. */
export interface BannedPerson {
  userId: UserID;
  userName: string;
  userImage?: string;
  /** on the server */
  role: Role;
  bannedAt: number;
  reason?: string;
}

/** BannedPage is a piece of those who are banned, the latest first. */
export interface BannedPage {
  people: BannedPerson[];
  /** of the next piece; "": there is none */
  next: string;
}

/** ReportState is what became of a report. */
export type ReportState = "open" | "handled" | "dismissed";

/** Report is a message that somebody reported to those who moderate. */
export interface Report {
  id: number;
  at: number;
  /** Room is empty where who reads this doesn't see the room: they have the message alone. */
  room: string;
  roomName: string;
  /** as it was when it was reported */
  message: Message;
  reportedBy: User;
  reason: string;
  state: ReportState;
  note?: string;
  closedAt?: number;
  closedBy?: User;
}

/** ReportPage is a piece of the reports, the latest first. */
export interface ReportPage {
  reports: Report[];
  hasOlder: boolean;
  /** Open is how many of all that the person may see nobody has closed; of more than 100 it says 100. */
  open: number;
}

/** ReportsFrame tells those who moderate that reports came or were closed: ask for them anew. */
export interface ReportsFrame {
  type: "reports";
}

/** State tells whether a person is here, and may be disturbed. */
export type State = "online" | "away" | "dnd" | "offline";

/** Status is what a person says of themselves. */
export interface Status {
  /** one, or "" */
  emoji: string;
  text: string;
  /** when it ends by itself; 0: it doesn't */
  until: number;
}

/**
 * PeopleFrame answers watch, with all whom it named, and then tells of each whose state
 * or status has changed, at most once a second.
 */
export interface PeopleFrame {
  type: "people";
  ref?: string;
  people: PersonState[];
}

/** PersonState is how a person is. */
export interface PersonState {
  userId: UserID;
  state: State;
  status?: Status;
}

/** OwnStatus is what a person says of themselves, to change. */
export interface OwnStatus {
  emoji: string;
  text: string;
  /** when all of it ends by itself; 0: it doesn't */
  until: number;
  /** do not disturb */
  dnd: boolean;
}

/** PersonRead is how far a person has read a room. */
export interface PersonRead {
  userId: UserID;
  seq: Seq;
}

/** ReadList is how far each in a small room has read it; of others it is empty. */
export interface ReadList {
  reads: PersonRead[];
}

/** RoomKind is who a room is for. */
export type RoomKind = "public" | "private" | "direct" | "group";

/** RoomEvent is what happened to a room itself. */
export type RoomEvent =
  | "member_added"
  | "member_removed"
  | "role_changed"
  | "renamed"
  | "topic_changed"
  | "archived"
  | "unarchived"
  | "kind_changed"
  | "slow_mode";

/**
 * RoomFrame tells of something that happened to the room itself. It is as durable as a
 * message and has a seq of its own.
 */
export interface RoomFrame {
  type: "room";
  room: string;
  seq: Seq;
  event: RoomEvent;
  /** who did it; "": it isn't known any more */
  by: UserID;
  byName: string;
  /** to whom it happened */
  user?: User;
  /** that they have now */
  role?: Role;
  /** member_added: they came by themselves, by an invitation of who did it */
  invited?: boolean;
  /** renamed */
  name?: string;
  /** topic_changed; "" is none */
  topic?: string;
  /** kind_changed */
  kind?: RoomKind;
  /** slow_mode; 0 is off */
  seconds?: number;
  at: number;
}

/**
 * RoomsFrame says that the person's list of rooms isn't what it was, or their account (their
 * role on the server): load it anew.
 */
export interface RoomsFrame {
  type: "rooms";
}

/** Notify is of what in a room a person wants to be told. */
export type Notify = "" | "all" | "mentions" | "nothing";

/** RoomSummary is a room in a person's list of rooms. */
export interface RoomSummary {
  slug: string;
  /** of a direct: the other's; "" of a group that has none */
  name: string;
  kind: RoomKind;
  topic: string;
  head: Seq;
  /** Newest is the seq of the newest message. Where it isn't above Read nothing is unread. */
  newest: Seq;
  /** how far the person has read; 0: they never looked */
  read: Seq;
  /** messages above Read, 0 where all are one's own and the mark wasn't put back; of more than 100 it says 100 */
  unread: number;
  /** those of them that speak to the person, likewise */
  mentions: number;
  /** of the person in this room */
  role: Role;
  notify: Notify;
  /** 0: it isn't */
  snoozedUntil: number;
  favourite: boolean;
  /** the person's own heading for it; "": none */
  section: string;
  /** 0: it isn't */
  archivedAt: number;
  /** when the newest message was posted; 0: there is none */
  lastAt: number;
  /** the others of a direct or group, at most 8 */
  people: User[];
}

/** RoomList is the rooms of a person, by their slugs. */
export interface RoomList {
  rooms: RoomSummary[];
}

/** RoomInfo is one room: its summary, and more. */
export interface RoomInfo {
  slug: string;
  name: string;
  kind: RoomKind;
  topic: string;
  head: Seq;
  /** the newest message */
  newest: Seq;
  read: Seq;
  unread: number;
  mentions: number;
  /** of the person who asks: owner, admin, moderator, member, guest or bot */
  role: Role;
  notify: Notify;
  snoozedUntil: number;
  favourite: boolean;
  section: string;
  archivedAt: number;
  lastAt: number;
  people: User[];
  stream: string;
  /** the person is a member */
  joined: boolean;
  /** how many there are */
  members: number;
  /** how many of them have a page open somewhere */
  online: number;
  createdBy: UserID;
  createdAt: number;
  /** between two posts of a person; 0: off */
  slowModeSeconds: number;
  /** until when the person may not post; 0: they may */
  mutedUntil: number;
}

/** ListedRoom is a public room as people find it who look for one. */
export interface ListedRoom {
  slug: string;
  name: string;
  topic: string;
  members: number;
  lastAt: number;
  joined: boolean;
  archivedAt: number;
}

/** BrowsePage is a piece of the list of public rooms. */
export interface BrowsePage {
  rooms: ListedRoom[];
  /** where the next piece begins; "": there is none */
  next: string;
}

/** Member is a person in a room. */
export interface Member {
  userId: UserID;
  userName: string;
  userImage?: string;
  role: Role;
  /** 0: from the beginning */
  joinedAt: number;
  /** 0: they may post */
  mutedUntil: number;
}

/** MemberPage is a piece of the list of a room's members, by their names. */
export interface MemberPage {
  members: Member[];
  /** of all members */
  count: number;
  /** where the next piece begins; "": there is none */
  next: string;
}

/** RoomSettings is what a person has set for a room for themselves. */
export interface RoomSettings {
  notify: Notify;
  snoozedUntil: number;
  favourite: boolean;
  section: string;
  /** a direct or group that was closed; it comes back with the next message */
  hidden: boolean;
}

/** Mute is until when a person may not post in a room. */
export interface Mute {
  /** 0: they may */
  mutedUntil: number;
}

/** Person is a person as everybody may see them. */
export interface Person {
  userId: UserID;
  userName: string;
  userImage?: string;
  /** on the server */
  role: Role;
  createdAt: number;
  state: State;
  status?: Status;
}

/** ServerInfo is what the server as a whole is called. */
export interface ServerInfo {
  /** "": nobody has named it */
  name: string;
  /** a line; "": none */
  description: string;
  /** whoever runs the server has set the name: it can't be changed */
  nameFixed: boolean;
}

/** Setup is how far the owner of a server is with setting it up. */
export type Setup = "new" | "left" | "done";

/** Greeting is what is to greet a person who opens the client. */
export interface Greeting {
  /** for owners; to others "done" */
  setup: Setup;
  /** they came lately and weren't greeted */
  newcomer: boolean;
  invitedBy?: User;
}

/**
 * Code is the closed set of ways in which a request can fail. httpapi maps
 * each to a status; a socket carries it in an error frame.
 */
export type Code =
  | "bad_request"
  | "unknown_type"
  | "not_found"
  | "not_joined"
  | "too_long"
  | "empty"
  | "overloaded"
  | "storage_full"
  | "forbidden"
  | "conflict"
  | "rate_limited"
  | "internal";

/** Role is what a person is: on the server, in the words of auth, or in a room. */
export type Role = "owner" | "admin" | "moderator" | "member" | "guest" | "bot";
