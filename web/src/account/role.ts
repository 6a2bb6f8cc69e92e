import type { QueryClient } from '@tanstack/solid-query'
import { onCleanup } from 'solid-js'
import type { Connection } from '~/realtime/connection'
import { meQuery } from './me'

/** Asks for the account anew when the server tells that its role may be another. In a component's scope. */
export function followRole(connection: Pick<Connection, 'subscribe'>, client: QueryClient) {
  const again = () => void client.invalidateQueries({ queryKey: meQuery.queryKey })
  onCleanup(
    connection.subscribe({
      onFrame: (frame) => frame.type === 'rooms' && again(),
      // What came while there was no connection wasn't told.
      onState: (state) => state.status === 'open' && again(),
    }),
  )
}
