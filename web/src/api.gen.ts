// Generated from the routes of httpapi and auth by internal/apigen. Do not edit: go generate ./httpapi

import type { Attachment, AuditPage, BannedPage, BrowsePage, Draft, DraftList, Greeting, Member, MemberPage, Message, Mute, NoticeKind, Notify, OwnStatus, Page, PeopleList, Person, PinList, ReadList, ReadMark, Report, ReportPage, RoomInfo, RoomKind, RoomList, RoomSettings, ServerInfo, Settings, ThreadList, ThreadMark, ThreadPage, VersionList } from "~/realtime/wire.gen";

/** Accepted is the room that somebody entered. */
export interface Accepted {
  /** Slug; "": the invitation leads into none. */
  room: string;
}

/** AccountReply is how an account stands. */
export interface AccountReply {
  user: WholeUser;
  hasPassword: boolean;
  /** The session is of today: deleting and the like need no password. */
  fresh: boolean;
}

/** ApiToken is an API token, without itself. */
export interface ApiToken {
  id: string;
  name: string;
  /** How it begins. */
  hint: string;
  scopes: readonly Scope[];
  createdAt: string;
  expiresAt: string | null;
  usedAt: string | null;
}

export interface AssertionBody {
  response: object;
}

/** AttentionChange is what becomes of settings. What is left out stays. */
export interface AttentionChange {
  notify?: AttentionLevelsChange;
  /** All of them. */
  quietHours?: QuietHours;
  snoozedUntil?: number;
  mail?: MailSetting;
  sounds?: boolean;
  desktop?: boolean;
  /** Clients say it by themselves where it differs from what they speak. */
  language?: Language;
}

/** AttentionLevels is of how much a person wants to know where they didn't say so of a room. */
export interface AttentionLevels {
  rooms: Notify;
  /** And groups. */
  directs: Notify;
}

/** AttentionLevelsChange likewise. */
export interface AttentionLevelsChange {
  rooms?: Notify;
  directs?: Notify;
}

/** AttentionSettings is how a person wants to be told of things. Clients keep to sounds and desktop. */
export interface AttentionSettings {
  notify: AttentionLevels;
  quietHours: QuietHours;
  /** Unix milliseconds; 0: they aren't. */
  snoozedUntil: number;
  mail: MailSetting;
  sounds: boolean;
  desktop: boolean;
  /** Language is what the person reads, and mails to them are written in. Left out: no client has said so yet. */
  language?: Language;
}

/** AuthRefusal is a refusal as the client reads it. */
export interface AuthRefusal {
  /** For programs. */
  code?: string;
  /** For people. */
  message: string;
}

/** AuthSession is a session in a browser. */
export interface AuthSession {
  id: string;
  token: string;
  userId: string;
  expiresAt: string;
  createdAt: string;
  updatedAt: string;
  ipAddress: string;
  userAgent: string;
}

/** AuthUser is somebody as they see themselves. */
export interface AuthUser {
  id: string;
  name: string;
  email: string;
  emailVerified: boolean;
  image: string | null;
  createdAt: string;
  updatedAt: string;
  role?: Role;
  /** A guest. */
  isAnonymous?: boolean;
  twoFactorEnabled?: boolean;
}

export interface BackupCodeBody {
  code: string;
  /** Don't ask in this browser for 30 days. */
  trustDevice?: boolean;
  disableSession?: boolean;
}

export interface BackupCodesReply {
  status: boolean;
  backupCodes: readonly string[];
}

/** BanBody says why somebody is banned. */
export interface BanBody {
  /** For those who run the server. */
  reason?: string;
  /** All that they wrote, in all rooms. */
  deleteMessages?: boolean;
}

export interface CallbackBody {
  state?: string;
  code?: string;
  error?: string;
  error_description?: string;
  iss?: string;
}

/** ChangeBody is what is to be different about a room. */
export interface ChangeBody {
  name?: string;
  topic?: string;
  /** Public or private. */
  kind?: RoomKind;
  /** Between two posts of a person; 0: off. */
  slowModeSeconds?: number;
}

/** CloseBody says what became of a report. */
export interface CloseBody {
  state: "handled" | "dismissed";
  note?: string;
}

export interface CodeBody {
  code: string;
  /** Don't ask in this browser for 30 days. */
  trustDevice?: boolean;
}

/** DeletedReply says in words whether it is gone, or a mail asks once more. */
export interface DeletedReply {
  success: boolean;
  message: string;
}

export interface DeletionBody {
  password?: string;
  /** From the mail. */
  token?: string;
  callbackURL?: string;
}

/** DepartureReply tells where to send the browser. */
export interface DepartureReply {
  url: string;
  /** The client is to do it by itself. */
  redirect: boolean;
}

/** Done says that something is done, where there is nothing more to say. */
export type Done = Record<string, never>;

/** EditBody is what a message is to say. */
export interface EditBody {
  /** Markdown. */
  content: string;
}

export interface EmailBody {
  newEmail: string;
  callbackURL?: string;
}

/** EndpointBody names a subscription. */
export interface EndpointBody {
  endpoint: string;
}

export interface EnrolBody {
  password?: string | null;
  /** What the app shows. */
  issuer?: string | null;
}

/** EnrolReply is for an authenticator app, with codes for when it is lost. */
export interface EnrolReply {
  /** As in better-auth 1.7. */
  method: "totp";
  totpURI: string;
  backupCodes: readonly string[];
}

/** Export is all that is kept about a person. It is written piece by piece. */
export interface Export {
  account: ExportedUser;
  status: OwnStatus;
  messages: readonly Exported[];
}

/** Exported is a message in an export. */
export interface Exported {
  room: string;
  id: string;
  seq: number;
  content: string;
  createdAt: string;
  editedAt?: string;
  deletedAt?: string;
  replyTo?: string;
  thread?: string;
  attachments?: readonly Attachment[];
  before?: readonly Said[];
}

/** ExportedAccount is a way to sign in. */
export interface ExportedAccount {
  provider: string;
  accountId: string;
  createdAt: string;
}

/** ExportedNamed is something with a name that opens the account. */
export interface ExportedNamed {
  name: string;
  createdAt: string;
}

/** ExportedSession is a place where somebody is signed in. */
export interface ExportedSession {
  ipAddress: string;
  userAgent: string;
  createdAt: string;
  seenAt: string;
}

/** An Export is all that is kept about a person here, in the form in which they get it. */
export interface ExportedUser {
  id: string;
  name: string;
  email: string;
  emailVerified: boolean;
  image?: string;
  role: Role;
  createdAt: string;
  accounts: readonly ExportedAccount[];
  sessions: readonly ExportedSession[];
  passkeys: readonly ExportedNamed[];
  apiTokens: readonly ExportedNamed[];
}

export interface GuestBody {
  name?: string | null;
}

/** Health is whether the process is up. */
export interface Health {
  healthy: boolean;
}

/** Hit is a message that was found. Marks are where the words stand in its content, each from where to where, in UTF-16 units. */
export interface Hit {
  room: string;
  message: Message;
  marks: readonly (readonly [number, number])[];
}

export interface IdBody {
  id: string;
}

export interface IdToken {
  token: string;
  nonce: string;
}

/** InboxCount is how much of an inbox is unread. */
export interface InboxCount {
  unread: number;
}

/** InboxItem is something in a person's inbox. */
export interface InboxItem {
  /** Rises with the time at which it came in. */
  id: number;
  kind: NoticeKind;
  room: string;
  /** As in a chat.Notice. */
  roomName: string;
  roomKind: RoomKind;
  /** As it is now. */
  message: Message;
  at: number;
  read: boolean;
}

/** InboxPage is a piece of an inbox, the newest first. */
export interface InboxPage {
  items: readonly InboxItem[];
  /** Of all there are. */
  unread: number;
  hasOlder: boolean;
}

/** InboxTicks is what somebody ticks off. */
export interface InboxTicks {
  /** All up to this item, 0: none but IDs. */
  through?: number;
  ids?: readonly number[];
}

/** Invitation is what somebody who was invited is told. */
export interface Invitation {
  /** The only address that it is for; null where it is for whoever has it. */
  email: string | null;
  invitedBy: string | null;
  /** Of the room that it leads into; "": none. */
  roomName: string;
  /** Whoever has no account can make one here. */
  accounts: boolean;
}

/** Invite is an open invitation. */
export interface Invite {
  id: string;
  /** The only address that may use it. */
  email: string | null;
  invitedBy: string | null;
  createdAt: string;
  expiresAt: string;
  usesLeft: number;
  /** Slug of the room that it leads into; "": none. */
  room: string;
  /** Likewise. */
  roomName: string;
  /** Whoever has no account may make one by it. */
  accounts: boolean;
  /** Why it lets nobody in now; "": it does. */
  dead: "" | "banned" | "role" | "room";
}

export interface InviteBody {
  /** The only address that may use it; it is mailed there. */
  email?: string | null;
  uses?: number | null;
  expiresInDays?: number | null;
  /** Slug of a room that it leads into. */
  room?: string | null;
}

/** Language names a language as Accept-Language and the attribute lang of HTML do. */
export type Language = "en" | "es" | "de" | "zh" | "ar";

/** Level0Refusal is the answer of the level 0 routes, whose client knows no other. */
export interface Level0Refusal {
  error: string;
}

export interface LinkBody {
  email: string;
  /** Of a new account. */
  name?: string | null;
  callbackURL?: string;
  /** If it fails. */
  errorCallbackURL?: string;
  /** With a new account. */
  newUserCallbackURL?: string;
}

/** LinkedAccount is a row of accounts: one way to sign in. */
export interface LinkedAccount {
  id: string;
  providerId: string;
  /** As in better-auth 1.7. */
  userId: string;
  createdAt: string;
  updatedAt: string;
  accountId: string;
  scopes: readonly string[];
}

/** LinkedReply tells that an account was connected by its id_token. */
export interface LinkedReply {
  url: string;
  status: boolean;
  redirect: boolean;
}

/** MadeInvite is an invitation with its link, shown this once. */
export interface MadeInvite {
  id: string;
  /** The only address that may use it. */
  email: string | null;
  invitedBy: string | null;
  createdAt: string;
  expiresAt: string;
  usesLeft: number;
  /** Slug of the room that it leads into; "": none. */
  room: string;
  /** Likewise. */
  roomName: string;
  /** Whoever has no account may make one by it. */
  accounts: boolean;
  /** Why it lets nobody in now; "": it does. */
  dead: "" | "banned" | "role" | "room";
  url: string;
  /** It was sent to its address. */
  mailed: boolean;
}

/** MadeToken is an API token as it is shown this once. */
export interface MadeToken {
  id: string;
  name: string;
  /** How it begins. */
  hint: string;
  scopes: readonly Scope[];
  createdAt: string;
  expiresAt: string | null;
  usedAt: string | null;
  token: string;
}

/** MailSetting is which mails a person wants. */
export type MailSetting = "missed" | "off";

/** MessageReply says what was done in words. */
export interface MessageReply {
  status: boolean;
  message: string;
}

/** MuteBody says for how long. */
export interface MuteBody {
  seconds: number;
}

/** NameBody repeats the name of a room. */
export interface NameBody {
  name: string;
}

export interface NewTokenBody {
  name: string;
  scopes: readonly Scope[];
  /** Null: it doesn't. */
  expiresInDays?: number | null;
}

export interface OkReply {
  ok: boolean;
}

/** Order is how hits are sorted. */
export type Order = "newest" | "best";

/** Passkey is a passkey of the one who asks. better-auth has no usedAt. */
export interface Passkey {
  id: string;
  name: string;
  publicKey: string;
  userId: string;
  credentialID: string;
  counter: number;
  deviceType: "singleDevice" | "multiDevice";
  backedUp: boolean;
  transports: string;
  createdAt: string;
  aaguid: string;
  usedAt: string | null;
}

export interface PasskeyNameBody {
  id: string;
  name: string;
}

export interface PasswordBody {
  currentPassword: string;
  /** Lengths in UTF-16 units. */
  newPassword: string;
  revokeOtherSessions?: boolean;
}

/** PictureReply tells where a picture is served. */
export interface PictureReply {
  image: string;
}

/** PostBody is a message to post. */
export interface PostBody {
  /** Markdown. */
  content: string;
  clientId?: string;
  /** The id of the message that it answers. */
  replyTo?: string;
  /** The id of a message that is in no thread itself. */
  thread?: string;
  /** Ids of finished uploads. */
  attachments?: readonly string[];
}

export interface ProfileBody {
  name?: string;
  /** An https URL, or null for none; others see it once it is served from here. */
  image?: string | null;
}

/** ProofBody shows once more who it is. Who has no password needs a session of today. */
export interface ProofBody {
  password?: string | null;
}

/** Provider is where one can sign in with an account elsewhere. */
export interface Provider {
  id: string;
  name: string;
}

/** PushDevice is where a device is told of things, as its browser made it. */
export interface PushDevice {
  /** Https, of the browser's push service. */
  endpoint: string;
  keys: PushKeys;
}

/** PushKey is what browsers subscribe with. */
export interface PushKey {
  /** Base64url: applicationServerKey. */
  publicKey: string;
}

/** PushKeys are the device's, base64url. */
export interface PushKeys {
  /** A public key on P-256, uncompressed. */
  p256dh: string;
  /** 16 secret bytes. */
  auth: string;
}

/** QuietHours are when a person doesn't want to hear anything. */
export interface QuietHours {
  on: boolean;
  /** "22:00". */
  from: string;
  /** "07:00"; before From: of the next day. The same: the whole day. */
  to: string;
  /** On which they begin; 0 is Sunday. */
  days: readonly number[];
  /** Of the IANA database, as "Europe/Berlin". */
  timezone: string;
}

/** ReadBody says how far somebody has read. */
export interface ReadBody {
  seq: number;
  /** The mark may go back. */
  unread?: boolean;
}

/** ReadThreadBody says how far somebody has read a thread. */
export interface ReadThreadBody {
  seq: number;
}

/** Readiness tells whether messages can be stored. */
export interface Readiness {
  ready: boolean;
  /** Why not. */
  reason?: string;
}

/** Refusal is the answer of everything but level 0. */
export interface Refusal {
  /** For programs. */
  code: string;
  /** For people. */
  message: string;
}

export interface RegistrationBody {
  response: object;
  name?: string | null;
}

export interface RenamedReply {
  passkey: Passkey;
}

/** ReportBody says why a message is reported. */
export interface ReportBody {
  reason?: string;
}

export interface ResetBody {
  /** Lengths in UTF-16 units. */
  newPassword: string;
  /** From the mail; it may stand in the query instead. */
  token?: string;
}

export interface ResetRequestBody {
  email: string;
  /** A path of this server, or a URL of an allowed origin. */
  redirectTo?: string;
}

/** Results is a page of hits. With Cursor there may be more: a page can be empty then, if the search had to look at very many messages. */
export interface Results {
  hits: readonly Hit[];
  cursor?: string;
}

/** A Role is what somebody is on this server. */
export type Role = "owner" | "admin" | "moderator" | "member" | "guest" | "bot";

/** RoleBody says what somebody is to be in a room. */
export interface RoleBody {
  /** Left out: a member, or what they are. */
  role?: "owner" | "moderator" | "member";
}

/** RoomBody is a room to be made. */
export interface RoomBody {
  /** Public and private rooms need one. */
  name?: string;
  /** In its address; made of the name if it is left out. */
  slug?: string;
  kind: RoomKind;
  topic?: string;
  /** Of a direct the other, of a group 1 to 8. */
  people?: readonly string[];
}

/** Said is what a message said until it was edited. */
export interface Said {
  content: string;
  until: string;
}

/** A Scope is something that an API token may do. */
export type Scope = "messages:read" | "messages:write" | "rooms:write";

/** SecondFactorReply is who has shown the second factor. With a session before there is no token. */
export interface SecondFactorReply {
  token?: string;
  user: AuthUser;
}

/** Server is what this is. */
export interface Server {
  name: "Snug";
  version: string;
}

/** ServerBody says what the server is to be called. */
export interface ServerBody {
  name?: string;
  description?: string;
}

/** ServerRoleBody says what somebody is to be on the server. */
export interface ServerRoleBody {
  role: "owner" | "admin" | "moderator" | "member";
}

/** Session is a session as its user sees it beside others. */
export interface Session {
  id: string;
  token: string;
  userId: string;
  expiresAt: string;
  createdAt: string;
  updatedAt: string;
  ipAddress: string;
  userAgent: string;
  /** How it began. */
  method: string;
  /** Where, in words; "" where that isn't known. */
  place: string;
  seenAt: string;
  /** It is this one. */
  current: boolean;
  /** Something is open for it just now. */
  active: boolean;
}

/** SessionReply is a session with its user. */
export interface SessionReply {
  session: AuthSession;
  user: AuthUser;
}

/** SettingsBody is what of one's own settings for a room is to be different. */
export interface SettingsBody {
  /** Empty: as for all rooms. */
  notify?: Notify;
  snoozedUntil?: number;
  favourite?: boolean;
  section?: string;
  /** Of a direct or group: not in the list until its next message. */
  hidden?: boolean;
}

/** SetupBody says how far an owner is. */
export interface SetupBody {
  setup: "left" | "done";
}

export interface SignInBody {
  email: string;
  password: string;
  rememberMe?: boolean;
  callbackURL?: string;
}

/** SignInOptions is which ways in this server offers, and to whom. */
export interface SignInOptions {
  signUp: "open" | "invite" | "domain" | "closed";
  /** Of the addresses that may sign up, with signUp "domain". */
  domains: readonly string[];
  /** Nobody has an account yet. */
  firstAccount: boolean;
  passwords: boolean;
  magicLinks: boolean;
  passkeys: boolean;
  guests: boolean;
  /** Addresses are confirmed before anyone is let in by password. */
  requireVerified: boolean;
  /** The server sends mail; otherwise links are in its log. */
  mail: boolean;
  providers: readonly Provider[];
  /** The invitation that this browser holds. */
  invite: Invitation | null;
}

/** SignInReply is somebody who is in. */
export interface SignInReply {
  redirect: boolean;
  token: string;
  url?: string;
  user: AuthUser;
}

export interface SignUpBody {
  name: string;
  email: string;
  /** Lengths in UTF-16 units. */
  password: string;
  image?: string;
  callbackURL?: string;
  rememberMe?: boolean;
}

/** SignUpReply is a new account. */
export interface SignUpReply {
  /** Null until the address is confirmed. */
  token: string | null;
  user: AuthUser;
}

/** SignedAddress is one by which anybody may read a file for a while. */
export interface SignedAddress {
  /** A path on this server. */
  url: string;
  expiresAt: number;
}

export interface SocialBody {
  /** As in the options. */
  provider: string;
  callbackURL?: string;
  /** If it fails. */
  errorCallbackURL?: string;
  /** With a new account. */
  newUserCallbackURL?: string;
  disableRedirect?: boolean;
  /** Makes no difference. */
  requestSignUp?: boolean;
  scopes?: readonly string[];
  loginHint?: string;
  /** Of a page that has been there by itself. */
  idToken?: IdToken;
}

/** StatusReply tells that it is done. */
export interface StatusReply {
  status: boolean;
}

export interface SuccessReply {
  success: boolean;
}

export interface TokenBody {
  token: string;
}

export interface TotpURIReply {
  totpURI: string;
}

/** TwoFactorReply says that the second factor is wanted before there is a session. */
export interface TwoFactorReply {
  twoFactorRedirect: true;
  twoFactorMethods: readonly string[];
}

export interface UnlinkBody {
  providerId?: string;
  /** The id of the row, or the one at the provider. */
  accountId?: string;
}

export interface VerificationBody {
  email: string;
  callbackURL?: string;
}

/** VerifiedReply has no user, as better-auth has it. */
export interface VerifiedReply {
  status: boolean;
  user: AuthUser | null;
}

/** WholeUser is a user with what userJSON leaves out where it says no. */
export interface WholeUser {
  id: string;
  name: string;
  email: string;
  emailVerified: boolean;
  image: string | null;
  createdAt: string;
  updatedAt: string;
  role: Role;
  isAnonymous: boolean;
  twoFactorEnabled: boolean;
}

/** The JSON that requests bring, by method and path. */
export interface Bodies {
  "POST /api/account/avatar/remove": Record<string, never>;
  "POST /api/account/invites": InviteBody;
  "POST /api/account/invites/accept": TokenBody;
  "POST /api/account/invites/open": TokenBody;
  "POST /api/account/invites/revoke": IdBody;
  "POST /api/account/tokens": NewTokenBody;
  "POST /api/account/tokens/revoke": IdBody;
  "PUT /api/attention": AttentionChange;
  "POST /api/auth/callback/{provider}": CallbackBody;
  "POST /api/auth/change-email": EmailBody;
  "POST /api/auth/change-password": PasswordBody;
  "POST /api/auth/delete-anonymous-user": Record<string, never>;
  "POST /api/auth/delete-user": DeletionBody;
  "POST /api/auth/forget-password": ResetRequestBody;
  "POST /api/auth/link-social": SocialBody;
  "POST /api/auth/passkey/delete-passkey": IdBody;
  "POST /api/auth/passkey/generate-authenticate-options": Record<string, never>;
  "POST /api/auth/passkey/update-passkey": PasskeyNameBody;
  "POST /api/auth/passkey/verify-authentication": AssertionBody;
  "POST /api/auth/passkey/verify-registration": RegistrationBody;
  "POST /api/auth/request-password-reset": ResetRequestBody;
  "POST /api/auth/reset-password": ResetBody;
  "POST /api/auth/revoke-other-sessions": Record<string, never>;
  "POST /api/auth/revoke-session": TokenBody;
  "POST /api/auth/revoke-sessions": Record<string, never>;
  "POST /api/auth/send-verification-email": VerificationBody;
  "POST /api/auth/sign-in/anonymous": GuestBody;
  "POST /api/auth/sign-in/email": SignInBody;
  "POST /api/auth/sign-in/magic-link": LinkBody;
  "POST /api/auth/sign-in/social": SocialBody;
  "POST /api/auth/sign-out": Record<string, never>;
  "POST /api/auth/sign-up/email": SignUpBody;
  "POST /api/auth/two-factor/disable": ProofBody;
  "POST /api/auth/two-factor/enable": EnrolBody;
  "POST /api/auth/two-factor/generate-backup-codes": ProofBody;
  "POST /api/auth/two-factor/get-totp-uri": ProofBody;
  "POST /api/auth/two-factor/verify-backup-code": BackupCodeBody;
  "POST /api/auth/two-factor/verify-totp": CodeBody;
  "POST /api/auth/unlink-account": UnlinkBody;
  "POST /api/auth/update-user": ProfileBody;
  "POST /api/auth/verify-email": Record<string, never>;
  "PUT /api/drafts": Draft;
  "PUT /api/greeting/setup": SetupBody;
  "PUT /api/inbox/read": InboxTicks;
  "PUT /api/people/{user}/ban": BanBody;
  "PUT /api/people/{user}/role": ServerRoleBody;
  "DELETE /api/push/subscriptions": EndpointBody;
  "PUT /api/push/subscriptions": PushDevice;
  "PUT /api/reports/{report}": CloseBody;
  "POST /api/rooms": RoomBody;
  "PUT /api/rooms/read": Record<string, never>;
  "DELETE /api/rooms/{slug}": NameBody;
  "PATCH /api/rooms/{slug}": ChangeBody;
  "PUT /api/rooms/{slug}/members/{user}": RoleBody;
  "PUT /api/rooms/{slug}/members/{user}/mute": MuteBody;
  "POST /api/rooms/{slug}/messages": PostBody;
  "PATCH /api/rooms/{slug}/messages/{id}": EditBody;
  "POST /api/rooms/{slug}/messages/{id}/report": ReportBody;
  "PUT /api/rooms/{slug}/messages/{id}/thread/read": ReadThreadBody;
  "PUT /api/rooms/{slug}/read": ReadBody;
  "PUT /api/rooms/{slug}/settings": SettingsBody;
  "PATCH /api/server": ServerBody;
  "PUT /api/status": OwnStatus;
}

/** The JSON of answers with status 200, by method and path. */
export interface Answers {
  "GET /api/": Server;
  "GET /api/account": AccountReply;
  "POST /api/account/avatar": PictureReply;
  "POST /api/account/avatar/remove": StatusReply;
  "GET /api/account/export": Export;
  "GET /api/account/invites": readonly Invite[];
  "POST /api/account/invites": MadeInvite;
  "POST /api/account/invites/accept": Accepted;
  "POST /api/account/invites/open": Invitation;
  "POST /api/account/invites/revoke": StatusReply;
  "GET /api/account/options": SignInOptions;
  "GET /api/account/tokens": readonly ApiToken[];
  "POST /api/account/tokens": MadeToken;
  "POST /api/account/tokens/revoke": StatusReply;
  "GET /api/attention": AttentionSettings;
  "PUT /api/attention": AttentionSettings;
  "GET /api/audit": AuditPage;
  "POST /api/auth/change-email": StatusReply;
  "POST /api/auth/change-password": SignUpReply;
  "POST /api/auth/delete-anonymous-user": SuccessReply;
  "POST /api/auth/delete-user": DeletedReply;
  "POST /api/auth/forget-password": MessageReply;
  "GET /api/auth/get-session": SessionReply | null;
  "POST /api/auth/link-social": DepartureReply | LinkedReply;
  "GET /api/auth/list-accounts": readonly LinkedAccount[];
  "GET /api/auth/list-sessions": readonly Session[];
  "GET /api/auth/magic-link/verify": SignUpReply | TwoFactorReply;
  "GET /api/auth/ok": OkReply;
  "POST /api/auth/passkey/delete-passkey": StatusReply;
  "GET /api/auth/passkey/generate-authenticate-options": object;
  "POST /api/auth/passkey/generate-authenticate-options": object;
  "GET /api/auth/passkey/generate-register-options": object;
  "GET /api/auth/passkey/list-user-passkeys": readonly Passkey[];
  "POST /api/auth/passkey/update-passkey": RenamedReply;
  "POST /api/auth/passkey/verify-authentication": SessionReply | TwoFactorReply;
  "POST /api/auth/passkey/verify-registration": Passkey;
  "POST /api/auth/request-password-reset": MessageReply;
  "POST /api/auth/reset-password": StatusReply;
  "POST /api/auth/revoke-other-sessions": StatusReply;
  "POST /api/auth/revoke-session": StatusReply;
  "POST /api/auth/revoke-sessions": StatusReply;
  "POST /api/auth/send-verification-email": StatusReply;
  "POST /api/auth/sign-in/anonymous": SignUpReply;
  "POST /api/auth/sign-in/email": SignInReply | TwoFactorReply;
  "POST /api/auth/sign-in/magic-link": StatusReply;
  "POST /api/auth/sign-in/social": DepartureReply | SignInReply;
  "POST /api/auth/sign-out": SuccessReply;
  "POST /api/auth/sign-up/email": SignUpReply;
  "POST /api/auth/two-factor/disable": StatusReply;
  "POST /api/auth/two-factor/enable": EnrolReply;
  "POST /api/auth/two-factor/generate-backup-codes": BackupCodesReply;
  "POST /api/auth/two-factor/get-totp-uri": TotpURIReply;
  "POST /api/auth/two-factor/verify-backup-code": SecondFactorReply;
  "POST /api/auth/two-factor/verify-totp": SecondFactorReply;
  "POST /api/auth/unlink-account": StatusReply;
  "POST /api/auth/update-user": StatusReply;
  "GET /api/auth/verify-email": VerifiedReply;
  "POST /api/auth/verify-email": VerifiedReply;
  "GET /api/bans": BannedPage;
  "GET /api/chat/messages": readonly Message[];
  "GET /api/drafts": DraftList;
  "PUT /api/drafts": Draft;
  "POST /api/files/{id}": SignedAddress;
  "DELETE /api/greeting": Done;
  "GET /api/greeting": Greeting;
  "PUT /api/greeting/setup": Done;
  "GET /api/inbox": InboxPage;
  "PUT /api/inbox/read": InboxCount;
  "GET /api/openapi.json": object;
  "GET /api/people": PeopleList;
  "GET /api/people/{user}": Person;
  "DELETE /api/people/{user}/ban": Done;
  "PUT /api/people/{user}/ban": Done;
  "PUT /api/people/{user}/role": Done;
  "DELETE /api/people/{user}/sessions": Done;
  "GET /api/push/key": PushKey;
  "DELETE /api/push/subscriptions": Done;
  "PUT /api/push/subscriptions": Done;
  "GET /api/reports": ReportPage;
  "PUT /api/reports/{report}": Report;
  "GET /api/rooms": RoomList;
  "POST /api/rooms": RoomInfo;
  "GET /api/rooms/browse": BrowsePage;
  "PUT /api/rooms/read": Done;
  "DELETE /api/rooms/{slug}": Done;
  "GET /api/rooms/{slug}": RoomInfo;
  "PATCH /api/rooms/{slug}": RoomInfo;
  "DELETE /api/rooms/{slug}/archive": RoomInfo;
  "PUT /api/rooms/{slug}/archive": RoomInfo;
  "GET /api/rooms/{slug}/members": MemberPage;
  "DELETE /api/rooms/{slug}/members/{user}": Done;
  "PUT /api/rooms/{slug}/members/{user}": Member;
  "DELETE /api/rooms/{slug}/members/{user}/messages": Done;
  "DELETE /api/rooms/{slug}/members/{user}/mute": Mute;
  "PUT /api/rooms/{slug}/members/{user}/mute": Mute;
  "DELETE /api/rooms/{slug}/membership": Done;
  "PUT /api/rooms/{slug}/membership": RoomInfo;
  "GET /api/rooms/{slug}/messages": Page;
  "POST /api/rooms/{slug}/messages": Message;
  "DELETE /api/rooms/{slug}/messages/{id}": Message;
  "GET /api/rooms/{slug}/messages/{id}": Message;
  "PATCH /api/rooms/{slug}/messages/{id}": Message;
  "DELETE /api/rooms/{slug}/messages/{id}/follow": ThreadMark;
  "PUT /api/rooms/{slug}/messages/{id}/follow": ThreadMark;
  "DELETE /api/rooms/{slug}/messages/{id}/pin": Message;
  "PUT /api/rooms/{slug}/messages/{id}/pin": Message;
  "DELETE /api/rooms/{slug}/messages/{id}/previews": Message;
  "DELETE /api/rooms/{slug}/messages/{id}/reactions/{emoji}": Message;
  "PUT /api/rooms/{slug}/messages/{id}/reactions/{emoji}": Message;
  "POST /api/rooms/{slug}/messages/{id}/report": Done;
  "GET /api/rooms/{slug}/messages/{id}/thread": ThreadPage;
  "PUT /api/rooms/{slug}/messages/{id}/thread/read": ThreadMark;
  "GET /api/rooms/{slug}/messages/{id}/versions": VersionList;
  "GET /api/rooms/{slug}/pins": PinList;
  "PUT /api/rooms/{slug}/read": ReadMark;
  "GET /api/rooms/{slug}/reads": ReadList;
  "PUT /api/rooms/{slug}/settings": RoomSettings;
  "GET /api/search": Results;
  "PATCH /api/server": ServerInfo;
  "GET /api/settings": Settings;
  "GET /api/status": OwnStatus;
  "PUT /api/status": OwnStatus;
  "GET /api/threads": ThreadList;
  "GET /api/uploads/{id}": Attachment;
  "GET /healthz": Health;
  "GET /readyz": Readiness;
}
