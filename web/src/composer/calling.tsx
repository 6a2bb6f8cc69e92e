import { useQueryClient } from '@tanstack/solid-query'
import { createSignal, lazy, onCleanup, Show, Suspense, type JSX } from 'solid-js'
import { useLive } from '~/app/live'
import { infoQuery } from '~/rooms/info'
import { callOf, collapse, expand, uncalled, type Call } from './mentions'
import type { Writing } from './writing'

/** As many are called without a question. */
const UNASKED = 10
/** For how long the number is worth waiting for. */
const COUNT_MS = 2_000

const loadDialog = () => import('./call-dialog')
const CallDialog = lazy(async () => ({ default: (await loadDialog()).CallDialog }))

export type Answer = 'send' | 'quietly' | 'back'

export interface Asked {
  call: Call
  /** Undefined: it isn't known now. */
  people: number | undefined
  /** Where one wrote. */
  field: Element | null
  answer(answer: Answer): void
}

export interface Calling {
  /**
   * Whether a text may go: who calls many is asked first. What is to go without calling
   * anybody is made so.
   */
  ask(writing: Writing): Promise<boolean>
  /** Where it is asked. */
  Question(): JSX.Element
}

/** Asks before many people of a room are called. To be called in a component's scope. */
export function makeCalling(slug: string): Calling {
  const { rooms } = useLive()
  const client = useQueryClient()
  const [asked, setAsked] = createSignal<Asked>()
  let asking = false
  let gone = false
  onCleanup(() => {
    gone = true
    asked()?.answer('back')
  })

  // Oneself isn't called.
  async function reach(call: Call): Promise<number | undefined> {
    const query = infoQuery(slug)
    const late = new Promise<undefined>((resolve) => setTimeout(resolve, COUNT_MS))
    const fresh = client.fetchQuery({ ...query, staleTime: 0, retry: false }).catch(() => undefined)
    const info = (await Promise.race([fresh, late])) ?? client.getQueryData(query.queryKey)
    if (!info) return undefined
    // There all hear of all that is written.
    if (info.kind === 'direct' || info.kind === 'group') return 0
    return Math.max(0, (call === 'room' ? info.members : info.online) - (info.joined ? 1 : 0))
  }

  return {
    async ask(writing) {
      const content = expand(writing.text(), writing.mentions())
      const call = callOf(content)
      if (!call) return true
      // A second press is an answer to nothing.
      if (asking) return false
      asking = true
      try {
        // Where the question can't be had nobody is kept from writing.
        const [people, dialog] = await Promise.all([reach(call), loadDialog().catch(() => undefined)])
        if (!dialog || (people !== undefined && people <= UNASKED)) return true
        // Nobody is there any more to answer.
        if (gone) return false
        const answer = await new Promise<Answer>((resolve) => setAsked({ call, people, field: document.activeElement, answer: resolve }))
        if (answer === 'quietly') {
          const { text, mentions } = collapse(uncalled(expand(writing.text(), writing.mentions())))
          writing.setText(text)
          writing.setMentions(mentions)
        }
        return answer !== 'back'
      } finally {
        asking = false
        setAsked(undefined)
      }
    },
    Question: () => (
      <Show when={asked()} keyed>
        {(question) => (
          <Suspense>
            <CallDialog label={rooms.label(slug)} {...question} />
          </Suspense>
        )}
      </Show>
    ),
  }
}
