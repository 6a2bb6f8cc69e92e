// What this browser keeps of the rooms: posts that wait, and what was read last.

const DATABASE = 'snug'
const VERSION = 2
export const POSTS = 'outbox'
export const WINDOWS = 'windows'

export interface Database {
  /** Runs one request in one transaction; fails if the browser refuses to store. */
  run<T>(store: string, mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T>
}

/** Opens the database at its first use. */
export function makeDatabase(factory: IDBFactory): Database {
  let opening: Promise<IDBDatabase> | undefined

  function open(): Promise<IDBDatabase> {
    opening ??= new Promise<IDBDatabase>((resolve, reject) => {
      const request = factory.open(DATABASE, VERSION)
      request.addEventListener('upgradeneeded', () => {
        const db = request.result
        // Keys begin with whose and where, so that one range is one person's, or one outbox.
        if (!db.objectStoreNames.contains(POSTS)) db.createObjectStore(POSTS, { keyPath: ['userId', 'room', 'clientId'] })
        if (!db.objectStoreNames.contains(WINDOWS)) {
          db.createObjectStore(WINDOWS, { keyPath: ['userId', 'room'] }).createIndex('savedAt', 'savedAt')
        }
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
        reject(request.error ?? new Error('open the database'))
      })
    })
    return opening
  }

  return {
    async run(store, mode, act) {
      const db = await open()
      return new Promise((resolve, reject) => {
        const tx = db.transaction(store, mode)
        const request = act(tx.objectStore(store))
        tx.addEventListener('complete', () => resolve(request.result))
        tx.addEventListener('error', () => reject(tx.error ?? new Error(`use ${store}`)))
        tx.addEventListener('abort', () => reject(tx.error ?? new Error(`use ${store}`)))
      })
    },
  }
}
