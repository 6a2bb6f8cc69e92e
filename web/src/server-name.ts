import { createSignal } from 'solid-js'

// What the people here call the server. The page says it where it was served; what is
// chosen later comes with the settings: see welcome/naming.ts.

/** As long as nobody has named it, and in what the pages call themselves. */
export const PRODUCT = 'Snug'

const said = (name: string) => document.querySelector<HTMLMetaElement>(`[name=${name}]`)?.content || ''

export const [serverName, putServerName] = createSignal(said('application-name') || PRODUCT)
/** A line that says what it is; '' is none. */
export const [serverDescription, putServerDescription] = createSignal(said('server-description'))
