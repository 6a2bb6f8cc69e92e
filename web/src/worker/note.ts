/** What the service worker says to pages. */
export type WorkerNote =
  /** A version is in place whose page begins with this script. */
  | { type: 'version'; entry: string }
  /** A notification was pressed that leads here. */
  | { type: 'open'; path: string }

/** What pages say to the service worker: what they speak. */
export interface PageNote {
  language: string
}
