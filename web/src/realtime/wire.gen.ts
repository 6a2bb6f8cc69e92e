// Generated from chat/protocol.go by internal/tsgen. Do not edit: go generate ./chat

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
  | PeopleFrame
  | TypingFrame
  | RateLimitFrame
  | OKFrame
  | ErrorFrame
  | PongFrame;

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

/** RoomSummary is a room in the list of rooms. */
export interface RoomSummary {
  slug: string;
  name: string;
  head: Seq;
  /** Newest is the seq of the newest message. There is something unread where it is above Read. */
  newest: Seq;
  /** how far the person has read; 0: they never looked */
  read: Seq;
}

/** RoomList is all rooms that a person may see. */
export interface RoomList {
  rooms: RoomSummary[];
}

/** RoomInfo is one room. */
export interface RoomInfo {
  slug: string;
  name: string;
  stream: string;
  head: Seq;
  /** the newest message */
  newest: Seq;
  read: Seq;
  /** of the person who asks: owner, admin, moderator, member or guest */
  role: string;
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

/** DraftList is all drafts of a person. */
export interface DraftList {
  drafts: Draft[];
}

/** PeopleList is people who can be mentioned. */
export interface PeopleList {
  people: User[];
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

/** Settings is what a client must know of how this server is set up. */
export interface Settings {
  maxMessageChars: number;
  /** 0: it takes no files */
  maxFileBytes: number;
  /** of one message */
  maxFiles: number;
  previews: boolean;
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
  | "rate_limited"
  | "internal";
