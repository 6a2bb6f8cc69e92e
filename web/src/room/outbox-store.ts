// Where posts wait until the server has them: IndexedDB, so that they outlive
// a reload, a crash of the browser and a night without a network.

import type { Attachment } from '~/realtime/wire.gen'

/** What a post may have beside its text. */
export interface PostMore {
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
  put(post: StoredPost): Promise<void>
  remove(post: Pick<StoredPost, 'userId' | 'room' | 'clientId'>): Promise<void>
}

const DATABASE = 'snug'
const VERSION = 1
const POSTS = 'outbox'

/** Opens the store at its first use; each call fails if the browser refuses it. */
export function makeIndexedDBStore(factory: IDBFactory): OutboxStore {
  let opening: Promise<IDBDatabase> | undefined

  function open(): Promise<IDBDatabase> {
    opening ??= new Promise<IDBDatabase>((resolve, reject) => {
      const request = factory.open(DATABASE, VERSION)
      request.addEventListener('upgradeneeded', () => {
        // The key begins with whose and where, so that one range is one outbox.
        request.result.createObjectStore(POSTS, { keyPath: ['userId', 'room', 'clientId'] })
      })
      request.addEventListener('success', () => {
        const db = request.result
        // Another tab has a newer version of this page: don't stand in its way.
        db.addEventListener('versionchange', () => {
          db.close()
          opening = undefined
        })
        resolve(db)
      })
      request.addEventListener('error', () => {
        opening = undefined
        reject(request.error ?? new Error('open the outbox'))
      })
    })
    return opening
  }

  async function run<T>(mode: IDBTransactionMode, act: (posts: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    const db = await open()
    return new Promise<T>((resolve, reject) => {
      const tx = db.transaction(POSTS, mode)
      const request = act(tx.objectStore(POSTS))
      tx.addEventListener('complete', () => resolve(request.result))
      tx.addEventListener('error', () => reject(tx.error ?? new Error('use the outbox')))
      tx.addEventListener('abort', () => reject(tx.error ?? new Error('use the outbox')))
    })
  }

  return {
    async load(userId, room) {
      // Arrays sort after every string, so [] ends the range of one room.
      const range = IDBKeyRange.bound([userId, room], [userId, room, []])
      const posts: StoredPost[] = await run('readonly', (s) => s.getAll(range))
      return posts.sort((a, b) => a.createdAt - b.createdAt)
    },
    async put(post) {
      await run('readwrite', (s) => s.put(post))
    },
    async remove(post) {
      await run('readwrite', (s) => s.delete([post.userId, post.room, post.clientId]))
    },
  }
}

/** For browsers that refuse to store: posts last as long as the page. */
export function makeMemoryStore(): OutboxStore {
  return {
    load: async () => [],
    put: async () => {},
    remove: async () => {},
  }
}
