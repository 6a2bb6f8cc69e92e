import { createEffect, createSignal, on, onCleanup } from 'solid-js'
import { plural, t } from '~/i18n/i18n'
import { oneLine } from '~/message/one-line'
import { attached, newestSeq } from '~/realtime/reduce'
import { eventWords } from '~/rooms/event-words'
import type { RoomSession } from './session'

/** Says to screen readers in plain words what others post, at most once a second; never what was there already. */
export function Announcer(props: { session: RoomSession; me: string }) {
  const [said, setSaid] = createSignal('')
  let announced: number | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  onCleanup(() => clearTimeout(timer))

  function announce() {
    timer = undefined
    const { messages } = props.session.room()
    const through = newestSeq(props.session.room())
    const fresh = messages.filter((m) => m.seq > (announced ?? through) && m.userId !== props.me && m.deletedAt === undefined)
    announced = through
    if (fresh.length === 0) return
    setSaid(
      fresh.length <= 3
        ? fresh.map((m) => (m.event ? eventWords(m.event, props.me) : t('{who}: {words}', { who: m.userName, words: oneLine(m) }))).join('\n')
        : plural(fresh.length, '1 new message', '{count} new messages'),
    )
  }

  createEffect(
    on(
      () => attached(props.session.room()) && newestSeq(props.session.room()),
      (through) => {
        if (through === false) return
        announced ??= through
        timer ??= setTimeout(announce, 1_000)
      },
    ),
  )
  return (
    <div class="sr-only" role="log" aria-live="polite" aria-label={t('New messages')}>
      {said()}
    </div>
  )
}
