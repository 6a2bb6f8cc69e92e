import type { Database } from '~/database'
import type { Attachment } from '~/realtime/wire.gen'
import { POSTS } from './database'

// Where posts wait until the server has them: IndexedDB, so that they outlive
// a reload, a crash of the browser and a night without a network.


/** What a post may have beside its text. */
export interface PostMore {
  /** Of a post that had its id before: posted twice, by two tabs, it is one. */
  clientId?: string
  /** The message that it answers, by id. */
  replyTo?: string
  /** The root of the thread that it goes to, by id. */
  thread?: string
  /** Uploads that are finished; whole, so that its row can be drawn before it is posted. */
  attachments?: readonly Attachment[]
}

export interface StoredPost extends PostMore {
  clientId: string
  userId: string
  room: string
  content: string
  /** Unix ms, and the order of posting. */
  createdAt: number
  /** Why the server doesn't want it; absent while it may still be sent. */
  failed?: string
}

export interface OutboxStore {
  /** The posts of one person in one room, in the order of posting. */
  load(userId: string, room: string): Promise<StoredPost[]>
  /** The rooms that posts of one person wait for. */
  rooms(userId: string): Promise<string[]>
  put(post: StoredPost): Promise<void>
  remove(post: Pick<StoredPost, 'userId' | 'room' | 'clientId'>): Promise<void>
}

/** A store in this browser; each call fails if it refuses to store. */
export function makeIndexedDBStore(database: Database): OutboxStore {
  return {
    async load(userId, room) {
      // Arrays sort after every string, so [] ends the range of one room.
      const range = IDBKeyRange.bound([userId, room], [userId, room, []])
      const posts: StoredPost[] = await database.run(POSTS, 'readonly', (s) => s.getAll(range))
      return posts.sort((a, b) => a.createdAt - b.createdAt)
    },
    async rooms(userId) {
      const posts: StoredPost[] = await database.run(POSTS, 'readonly', (s) => s.getAll(IDBKeyRange.bound([userId], [userId, []])))
      return [...new Set(posts.filter((p) => p.failed === undefined).map((p) => p.room))]
    },
    async put(post) {
      await database.run(POSTS, 'readwrite', (s) => s.put(post))
    },
    async remove(post) {
      await database.run(POSTS, 'readwrite', (s) => s.delete([post.userId, post.room, post.clientId]))
    },
  }
}

/** For browsers that refuse to store: posts last as long as the page. */
export function makeMemoryStore(): OutboxStore {
  return {
    load: async () => [],
    rooms: async () => [],
    put: async () => {},
    remove: async () => {},
  }
}
