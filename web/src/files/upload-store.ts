import { makeDatabase, type Database } from '~/database'

// What this browser keeps of files that aren't all at the server yet: how far they
// are, so that after a reload the same file goes on where it stopped; and the files
// of drafts themselves, which a page can't open again by their name. A database of
// its own: the outbox's has its own versions.

export interface StoredUpload {
  userId: string
  /** Tells one file from another: see fingerprint in upload.ts. */
  fingerprint: string
  /** The address that the server gave it. */
  path: string
  /** Unix ms. */
  createdAt: number
}

export interface UploadStore {
  find(userId: string, fingerprint: string): Promise<StoredUpload | undefined>
  put(upload: StoredUpload): Promise<void>
  remove(userId: string, fingerprint: string): Promise<void>
  /** Forgets those that began before a time: the server has none of them any more. */
  prune(before: number): Promise<void>
}

/** A file of somebody's draft. */
interface StoredFile {
  userId: string
  /** The file's key in the draft. */
  key: string
  file: File
  /** Unix ms. */
  createdAt: number
}

/** The files of one person's drafts, by their keys, until the server has them. */
export interface FileStore {
  find(key: string): Promise<File | undefined>
  put(key: string, file: File): Promise<void>
  remove(key: string): Promise<void>
  /** Forgets those of everybody that were added before a time (Unix ms). */
  prune(before: number): Promise<void>
}

const UPLOADS = 'uploads'
const FILES = 'files'

export function makeUploadDatabase(factory: IDBFactory): Database {
  return makeDatabase(factory, 'snug-uploads', 2, (db) => {
    for (const [store, key] of [[UPLOADS, 'fingerprint'], [FILES, 'key']] as const) {
      if (!db.objectStoreNames.contains(store)) db.createObjectStore(store, { keyPath: ['userId', key] }).createIndex('createdAt', 'createdAt')
    }
  })
}

/** A store in this browser; each call fails if it refuses to store. */
export function makeUploadStore(database: Database): UploadStore {
  return {
    find: (userId, fingerprint) => database.run<StoredUpload | undefined>(UPLOADS, 'readonly', (s) => s.get([userId, fingerprint])),
    async put(upload) {
      await database.run(UPLOADS, 'readwrite', (s) => s.put(upload))
    },
    async remove(userId, fingerprint) {
      await database.run(UPLOADS, 'readwrite', (s) => s.delete([userId, fingerprint]))
    },
    prune: (before) => prune(database, UPLOADS, before),
  }
}

/** Likewise. */
export function makeFileStore(database: Database, userId: string, now: () => number = Date.now): FileStore {
  return {
    find: async (key) => (await database.run<StoredFile | undefined>(FILES, 'readonly', (s) => s.get([userId, key])))?.file,
    async put(key, file) {
      await database.run(FILES, 'readwrite', (s) => s.put({ userId, key, file, createdAt: now() } satisfies StoredFile))
    },
    async remove(key) {
      await database.run(FILES, 'readwrite', (s) => s.delete([userId, key]))
    },
    prune: (before) => prune(database, FILES, before),
  }
}

async function prune(database: Database, store: string, before: number): Promise<void> {
  const old = await database.run(store, 'readonly', (s) => s.index('createdAt').getAllKeys(IDBKeyRange.upperBound(before, true)))
  for (const key of old) await database.run(store, 'readwrite', (s) => s.delete(key))
}
