// Where unfinished uploads are remembered, so that after a reload the same file goes
// on where it stopped. A database of its own: the outbox's has its own versions.

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

const DATABASE = 'snug-uploads'
const UPLOADS = 'uploads'

/** Opens the store at its first use; each call fails if the browser refuses it. */
export function makeUploadStore(factory: IDBFactory): UploadStore {
  let opening: Promise<IDBDatabase> | undefined

  function open(): Promise<IDBDatabase> {
    opening ??= new Promise<IDBDatabase>((resolve, reject) => {
      const request = factory.open(DATABASE, 1)
      request.addEventListener('upgradeneeded', () => {
        request.result.createObjectStore(UPLOADS, { keyPath: ['userId', 'fingerprint'] }).createIndex('createdAt', 'createdAt')
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
        reject(request.error ?? new Error('open the uploads'))
      })
    })
    return opening
  }

  async function run<T>(mode: IDBTransactionMode, act: (uploads: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    const db = await open()
    return new Promise<T>((resolve, reject) => {
      const tx = db.transaction(UPLOADS, mode)
      const request = act(tx.objectStore(UPLOADS))
      tx.addEventListener('complete', () => resolve(request.result))
      for (const end of ['error', 'abort']) tx.addEventListener(end, () => reject(tx.error ?? new Error('use the uploads')))
    })
  }

  return {
    find: (userId, fingerprint) => run<StoredUpload | undefined>('readonly', (s) => s.get([userId, fingerprint])),
    async put(upload) {
      await run('readwrite', (s) => s.put(upload))
    },
    async remove(userId, fingerprint) {
      await run('readwrite', (s) => s.delete([userId, fingerprint]))
    },
    async prune(before) {
      const old = await run('readonly', (s) => s.index('createdAt').getAllKeys(IDBKeyRange.upperBound(before, true)))
      for (const key of old) await run('readwrite', (s) => s.delete(key))
    },
  }
}
