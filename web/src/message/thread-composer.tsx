import { createSignal } from 'solid-js'
import type { RoomSession } from '~/room/session'
import { Button } from '~/ui/button'

/** Where one answers in a thread. */
export function ThreadComposer(props: { session: RoomSession; root: string }) {
  const [text, setText] = createSignal('')
  return (
    <form
      class="shrink-0 p-3"
      onSubmit={(event) => {
        event.preventDefault()
        if (text().trim() !== '' && props.session.post(text().trim(), { thread: props.root })) setText('')
      }}
    >
      <textarea
        id="thread-composer"
        class="w-full rounded-card border border-line-strong/50 bg-sunken px-2.5 py-1.5"
        aria-label="Reply in this thread"
        value={text()}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <Button type="submit" size="small">Send</Button>
    </form>
  )
}
