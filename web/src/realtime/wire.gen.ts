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
}

/**
 * Message is a message as every client sees it. A system message has no Seq:
 * it is live only.
 */
export interface Message {
  id: MessageID;
  userId: UserID;
  userName: string;
  userImage?: string;
  content: string;
  timestamp: number;
  type: MessageType;
  seq?: Seq;
  clientId?: ClientID;
  /** Unix ms; absent if never */
  editedAt?: number;
  deletedAt?: number;
  replyTo?: MessageID;
  /** the root of the thread that it is a reply in */
  thread?: MessageID;
  /** who chose each emoji, in order of first use */
  reactions?: { [key: string]: UserID[] };
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
  size: number;
  width?: number;
  height?: number;
  url: string;
  thumbnail?: string;
  blurhash?: string;
  duration?: number;
}

/** Replies sums up a thread at its root. */
export interface Replies {
  count: number;
  lastSeq: Seq;
  lastAt: number;
  /** at most 5, latest first */
  users: UserID[];
}

/** Preview tells what a link of a message leads to. */
export interface Preview {
  url: string;
  title: string;
  description?: string;
  site?: string;
  image?: string;
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
  type: "join" | "leave" | "message" | "edit" | "delete" | "react" | "pin" | "typing" | "read" | "ping";
  /** at most 64 characters; the reply carries it */
  ref?: string;
  room?: string;
  stream?: string;
  after?: Seq;
  clientId?: ClientID;
  content?: string;
  replyTo?: MessageID;
  thread?: MessageID;
  attachments?: string[];
  id?: MessageID;
  emoji?: string;
  on?: boolean;
  seq?: Seq;
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

/** UpdateFrame carries a message as it is now, after the event Seq. */
export interface UpdateFrame {
  type: "update";
  room: string;
  seq: Seq;
  message: Message;
}

/** ReadFrame tells how far someone has read. */
export interface ReadFrame {
  type: "read";
  room: string;
  userId: UserID;
  seq: Seq;
}

/** ActivityFrame tells of something new in a room that this socket hasn't joined. */
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

/** PresenceFrame tells who came and went since the last one. */
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
