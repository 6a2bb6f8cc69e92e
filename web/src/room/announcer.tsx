import { createEffect, createSignal, on, onCleanup, Show } from 'solid-js'
import { plural, t } from '~/i18n/i18n'
import { oneLine } from '~/message/one-line'
import type { Posted } from '~/realtime/reduce'
import { eventWords } from '~/rooms/event-words'

/**
 * Says to screen readers in plain words what others post, at most once a second; never
 * what was there already. `through` is how far `messages` go, by seq; false as long as
 * what is newest isn't among them.
 */
export function Announcer(props: { label: string; messages: readonly Posted[]; through: number | false; me: string }) {
  // What is said twice is two: a screen reader hears of elements that come, not of words that stay.
  const [said, setSaid] = createSignal<{ words: string }>()
  let announced: number | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  onCleanup(() => clearTimeout(timer))

  function announce() {
    timer = undefined
    const { messages, through } = props
    if (through === false) return
    const fresh = messages.filter((m) => m.seq > (announced ?? through) && m.userId !== props.me && m.deletedAt === undefined)
    announced = through
    if (fresh.length === 0) return
    setSaid({
      words:
        fresh.length <= 3
          ? fresh.map((m) => (m.event ? eventWords(m.event, props.me) : t('{who}: {words}', { who: m.userName, words: oneLine(m) }))).join('\n')
          : plural(fresh.length, '1 new message', '{count} new messages'),
    })
  }

  createEffect(
    on(
      () => props.through,
      (through) => {
        if (through === false) return
        announced ??= through
        timer ??= setTimeout(announce, 1_000)
      },
    ),
  )
  return (
    <div class="sr-only" role="log" aria-live="polite" aria-label={props.label}>
      <Show when={said()} keyed>{({ words }) => <p>{words}</p>}</Show>
    </div>
  )
}
