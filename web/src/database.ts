/** One of the databases that this browser keeps for the page. */
export interface Database {
  /** Runs one request in one transaction; fails if the browser refuses to store. */
  run<T>(store: string, mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T>
}

/** Opens a database at its first use; `upgrade` makes the stores that an earlier version didn't have. */
export function makeDatabase(factory: IDBFactory, name: string, version: number, upgrade: (db: IDBDatabase) => void): Database {
  let opening: Promise<IDBDatabase> | undefined

  function open(): Promise<IDBDatabase> {
    opening ??= new Promise<IDBDatabase>((resolve, reject) => {
      const request = factory.open(name, version)
      request.addEventListener('upgradeneeded', () => upgrade(request.result))
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
        reject(request.error ?? new Error(`open the database ${name}`))
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
        for (const end of ['error', 'abort']) tx.addEventListener(end, () => reject(tx.error ?? new Error(`use ${store}`)))
      })
    },
  }
}
