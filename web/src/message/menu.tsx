import Bell from 'lucide-solid/icons/bell'
import BellOff from 'lucide-solid/icons/bell-off'
import CircleUserRound from 'lucide-solid/icons/circle-user-round'
import Copy from 'lucide-solid/icons/copy'
import FaceSlightlySmilingPlus from 'lucide-solid/icons/face-slightly-smiling-plus'
import Flag from 'lucide-solid/icons/flag'
import Forward from 'lucide-solid/icons/forward'
import Link from 'lucide-solid/icons/link'
import MailOpen from 'lucide-solid/icons/mail-open'
import MessagesSquare from 'lucide-solid/icons/messages-square'
import Pencil from 'lucide-solid/icons/pencil'
import Pin from 'lucide-solid/icons/pin'
import PinOff from 'lucide-solid/icons/pin-off'
import Reply from 'lucide-solid/icons/reply'
import Trash from 'lucide-solid/icons/trash'
import { createMemo, For, Show, type Component } from 'solid-js'
import { t } from '~/i18n/i18n'
import { useQuery } from '~/query'
import type { Posted } from '~/realtime/reduce'
import { messageQueries } from './calls'
import { Float } from './float'
import { mayDelete, mayEdit, mayPin } from './may'
import { useMessageRoom } from './message-room'
import { quickReactions } from './quick'

/** What a menu's item asks for. */
export type Choice =
  | 'react' | 'reply' | 'thread' | 'edit' | 'pin' | 'unpin' | 'copyLink' | 'copyText' | 'unread' | 'forward' | 'follow' | 'unfollow' | 'person' | 'report' | 'delete'

interface Item {
  choice: Choice
  label: string
  icon: Component<{ class?: string; 'aria-hidden': 'true' }>
  key?: string
  bad?: boolean
}

/** All that can be done with a message: beside its anchor, or as a sheet for fingers. */
export function Menu(props: { message: Posted; anchor: Element | null; onChoose(choice: Choice): void; onReact(emoji: string): void; onClose(): void }) {
  const room = useMessageRoom()
  let list!: HTMLDivElement
  const root = () => props.message.thread ?? props.message.id
  const talked = () => props.message.thread !== undefined || props.message.replies !== undefined
  const threads = useQuery(() => ({ ...messageQueries.threads(), enabled: talked() }))
  const following = () => threads.data?.threads.some((thread) => thread.root.id === root() && thread.following) ?? false

  const groups = createMemo<Item[][]>(() => {
    const m = props.message
    const all: (Item | false)[][] = [
      [
        props.anchor !== null && { choice: 'react', label: t('Add a reaction'), icon: FaceSlightlySmilingPlus, key: '+' },
        room.place !== 'pins' && { choice: 'reply', label: t('Reply'), icon: Reply, key: 'R' },
        room.place === 'timeline' && { choice: 'thread', label: m.replies ? t('Open the thread') : t('Begin a thread'), icon: MessagesSquare, key: 'T' },
        mayEdit(room, m) && { choice: 'edit', label: t('Edit'), icon: Pencil, key: 'E' },
      ],
      [
        mayPin(room, m) && (m.pinned ? { choice: 'unpin', label: t('Unpin'), icon: PinOff, key: 'P' } : { choice: 'pin', label: t('Pin to this room'), icon: Pin, key: 'P' }),
        { choice: 'forward', label: t('Forward…@@a message'), icon: Forward },
        talked() && threads.data !== undefined &&
          (following() ? { choice: 'unfollow', label: t('Unfollow the thread'), icon: BellOff } : { choice: 'follow', label: t('Follow the thread'), icon: Bell }),
        room.place === 'timeline' && { choice: 'unread', label: t('Mark unread from here'), icon: MailOpen, key: 'U' },
      ],
      [
        { choice: 'copyLink', label: t('Copy link'), icon: Link, key: 'C' },
        m.content !== '' && { choice: 'copyText', label: t('Copy text'), icon: Copy },
      ],
      [
        { choice: 'person', label: m.userId === room.me().id ? t('About me…') : t('About {who}…', { who: m.userName }), icon: CircleUserRound },
        m.userId !== room.me().id && { choice: 'report', label: t('Report…@@to the moderators'), icon: Flag },
        mayDelete(room, m) && { choice: 'delete', label: t('Delete'), icon: Trash, key: 'Del', bad: true },
      ],
    ]
    return all.map((group) => group.filter((item) => item !== false)).filter((group) => group.length > 0)
  })

  const items = () => [...list.querySelectorAll<HTMLElement>('[role^=menuitem]')]

  function onKeyDown(event: KeyboardEvent) {
    const all = items()
    const at = all.indexOf(document.activeElement instanceof HTMLElement ? document.activeElement : (all[0] ?? list))
    const ahead = getComputedStyle(list).direction === 'rtl' ? -1 : 1
    const step = { ArrowDown: 1, ArrowRight: ahead, ArrowUp: -1, ArrowLeft: -ahead }[event.key]
    if (step !== undefined) all[(at + step + all.length) % all.length]?.focus()
    else if (event.key === 'Home') all[0]?.focus()
    else if (event.key === 'End') all.at(-1)?.focus()
    else if (event.key === 'Tab') props.onClose()
    else return
    event.preventDefault()
  }

  return (
    <Float anchor={props.anchor} label={t('What to do with this message')} role="menu" class="w-60" onOpen={() => items()[0]?.focus({ preventScroll: true })} onClose={props.onClose}>
      <div ref={list} class="contents" role="presentation" onKeyDown={onKeyDown}>
        <div class="flex justify-between gap-0.5 px-0.5 pb-1" role="group" aria-label={t('React')}>
          <For each={quickReactions}>
            {(emoji) => (
              <button
                type="button"
                role="menuitemcheckbox"
                aria-checked={props.message.reactions?.[emoji]?.includes(room.me().id) ?? false}
                aria-label={t('React with {emoji}', { emoji })}
                tabindex="-1"
                class="quick-reaction"
                onClick={() => props.onReact(emoji)}
              >
                {emoji}
              </button>
            )}
          </For>
          <Show when={props.anchor === null}>
            <button type="button" role="menuitem" aria-label={t('More reactions')} tabindex="-1" class="quick-reaction text-muted" onClick={() => props.onChoose('react')}>
              <FaceSlightlySmilingPlus class="size-5" aria-hidden="true" />
            </button>
          </Show>
        </div>
        <For each={groups()}>
          {(group) => (
            <div class="border-t border-line py-1" role="group">
              <For each={group}>
                {(item) => (
                  <button type="button" role="menuitem" tabindex="-1" class="menu-item" classList={{ 'text-bad': item.bad ?? false }} aria-keyshortcuts={item.key === 'Del' ? 'Delete' : item.key} onClick={() => props.onChoose(item.choice)}>
                    <item.icon class={`size-4 ${item.bad ? '' : 'text-muted'} ${item.icon === Reply || item.icon === Forward ? 'mirrored' : ''}`} aria-hidden="true" />
                    <span class="flex-1">{item.label}</span>
                    <Show when={item.key}>
                      <kbd class="text-day text-muted pointer-coarse:hidden" aria-hidden="true">{item.key}</kbd>
                    </Show>
                  </button>
                )}
              </For>
            </div>
          )}
        </For>
      </div>
    </Float>
  )
}
