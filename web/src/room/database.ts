import { makeDatabase, type Database } from '~/database'

// What this browser keeps of the rooms: posts that wait, and what was read last.

export const POSTS = 'outbox'
export const WINDOWS = 'windows'

export function makeRoomDatabase(factory: IDBFactory): Database {
  return makeDatabase(factory, 'snug', 2, (db) => {
    // Keys begin with whose and where, so that one range is one person's, or one outbox.
    if (!db.objectStoreNames.contains(POSTS)) db.createObjectStore(POSTS, { keyPath: ['userId', 'room', 'clientId'] })
    if (!db.objectStoreNames.contains(WINDOWS)) {
      db.createObjectStore(WINDOWS, { keyPath: ['userId', 'room'] }).createIndex('savedAt', 'savedAt')
    }
  })
}
