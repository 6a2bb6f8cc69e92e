import FaceSlightlySmilingPlus from 'lucide-solid/icons/face-slightly-smiling-plus'
import { createMemo, createSignal, For, Show } from 'solid-js'
import { t } from '~/i18n/i18n'
import type { Message } from '~/realtime/wire.gen'
import { handFocusOn } from '~/ui/focus-keeper'
import { react } from './do'
import { useMessageRoom } from './message-room'
import { inWords, nameOf } from './names'

/** Who reacted with what: a pill for each, in order of first use. */
export function Reactions(props: { id: string; reactions: NonNullable<Message['reactions']> }) {
  const room = useMessageRoom()
  const emoji = createMemo(() => Object.keys(props.reactions))
  return (
    <div class="mt-1 flex flex-wrap gap-1" role="group" aria-label={t('Reactions')}>
      <For each={emoji()}>{(e) => <Pill emoji={e} users={props.reactions[e] ?? []} onToggle={(on) => void react(room, props.id, e, on)} />}</For>
      <button type="button" class="reaction text-muted" aria-label={t('Add a reaction')} aria-haspopup="dialog" data-act="react">
        <FaceSlightlySmilingPlus class="size-4" aria-hidden="true" />
      </button>
    </div>
  )
}

function Pill(props: { emoji: string; users: readonly string[]; onToggle(on: boolean): void }) {
  const room = useMessageRoom()
  const [told, setTold] = createSignal(false)
  let pill!: HTMLButtonElement
  handFocusOn(() => pill)
  const mine = () => props.users.includes(room.me().id)
  const names = () => inWords(props.users.toSorted((a, b) => Number(a === room.me().id) - Number(b === room.me().id)).map((u) => nameOf(room, u)))
  return (
    <button
      ref={pill}
      type="button"
      class="reaction"
      aria-pressed={mine()}
      aria-label={t('{emoji}, {names}', { emoji: props.emoji, names: names() })}
      onClick={() => props.onToggle(!mine())}
      onPointerEnter={(event) => setTold(event.pointerType === 'mouse')}
      onPointerLeave={() => setTold(false)}
      onFocus={(event) => setTold(event.currentTarget.matches(':focus-visible'))}
      onBlur={() => setTold(false)}
    >
      <span class="font-emoji" aria-hidden="true">{props.emoji}</span>
      <span class="tabular-nums" aria-hidden="true">{props.users.length}</span>
      <Show when={told()}>
        <span class="reaction-names" aria-hidden="true">{names()}</span>
      </Show>
    </button>
  )
}
