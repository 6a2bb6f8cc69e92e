import { useQueryClient } from '@tanstack/solid-query'
import { useRouter } from '@tanstack/solid-router'
import Ellipsis from 'lucide-solid/icons/ellipsis'
import FaceSlightlySmilingPlus from 'lucide-solid/icons/face-slightly-smiling-plus'
import MessagesSquare from 'lucide-solid/icons/messages-square'
import Reply from 'lucide-solid/icons/reply'
import { createEffect, createSignal, lazy, onCleanup, onMount, Show, Suspense } from 'solid-js'
import { prefetchEmoji } from '~/emoji/panel'
import { explain } from '~/http'
import { t } from '~/i18n/i18n'
import { composing } from '~/keys/composing'
import { shortcutOf, type ShortcutId } from '~/keys/map'
import type { Posted } from '~/realtime/reduce'
import { showToast } from '~/ui/toast'
import { followThread, messageQueries } from './calls'
import { copy, deleteWithUndo, linkOf, pin, react } from './do'
import { mayDelete, mayEdit, mayPin } from './may'
import { useMessageRoom } from './message-room'
import type { Choice } from './menu'
import { rich } from './parts'
import { ReactionPicker } from './reaction-picker'

export { PanelToggles } from './panel-toggles'

const Menu = lazy(async () => ({ default: (await import('./menu')).Menu }))
const ReportDialog = lazy(async () => ({ default: (await import('~/moderation/report-dialog')).ReportDialog }))
const PersonDialog = lazy(async () => ({ default: (await import('~/moderation/person-dialog')).PersonDialog }))
const ForwardDialog = lazy(async () => ({ default: (await import('./forward-dialog')).ForwardDialog }))

/** A finger that rests this long on a message asks what can be done with it. */
const LONG_PRESS_MS = 450
/** A finger that moves further than this scrolls. */
const STILL_PX = 10

/** What is open for a message, and where it stands; no anchor: at the bottom of the window. */
interface Opened {
  what: 'menu' | 'picker'
  message: Posted
  anchor: Element | null
}

/**
 * What can be done with the messages in `scroller`: by a toolbar on the row under
 * the pointer or the focus, of which there is one that moves; by keys on a row; by
 * a long press. It listens at the list, not at its rows.
 */
export function Acting(props: { scroller: HTMLElement }) {
  const room = useMessageRoom()
  const client = useQueryClient()
  const router = useRouter()
  const [target, setTarget] = createSignal<HTMLElement | null>(null)
  const [opened, setOpened] = createSignal<Opened | null>(null)
  const [forwarding, setForwarding] = createSignal<Posted | null>(null)
  const [reporting, setReporting] = createSignal<Posted | null>(null)
  const [about, setAbout] = createSignal<Posted | null>(null)
  let toolbar!: HTMLDivElement
  let giveBack: HTMLElement | null = null

  // The row of an element, if its message is there to be acted upon.
  function rowOf(element: EventTarget | null): HTMLElement | null {
    const row = element instanceof Element ? element.closest<HTMLElement>('[data-message]') : null
    return row && props.scroller.contains(row) && messageOf(row) ? row : null
  }

  function messageOf(row: HTMLElement | null): Posted | undefined {
    const message = room.find(row?.dataset['message'] ?? '')
    return message && message.deletedAt === undefined && message.type === 'text' && !room.leaving(message.id) ? message : undefined
  }

  function open(what: Opened['what'], message: Posted, anchor: Element | null) {
    giveBack = document.activeElement instanceof HTMLElement && document.activeElement !== document.body ? document.activeElement : null
    setOpened({ what, message, anchor })
  }

  // The focus goes back to where it was, or to the list where that row is gone.
  function close() {
    if (!opened()) return
    setOpened(null)
    if (document.activeElement !== document.body && !document.activeElement?.closest('.float')) return
    const back = giveBack?.isConnected ? giveBack : props.scroller
    back.focus({ preventScroll: true })
  }

  function choose(choice: Choice, message: Posted) {
    const anchor = opened()?.anchor ?? null
    close()
    act(choice, message, anchor)
  }

  function act(choice: Choice, message: Posted, anchor: Element | null) {
    switch (choice) {
      case 'react':
        return open('picker', message, anchor)
      case 'reply':
        return room.reply(message)
      case 'thread':
        return room.openThread(message.thread ?? message.id)
      case 'edit':
        return room.setEditing({ id: message.id, base: message.content, text: message.content })
      case 'pin':
      case 'unpin':
        return void pin(room, message.id, choice === 'pin')
      case 'copyLink':
        return void copy(linkOf(room.session.slug, message.id), 'link')
      case 'copyText':
        return void copy(message.content, 'text')
      case 'unread':
        return void markUnread(message.seq)
      case 'forward':
        setForwarding(message)
        return
      case 'person':
        setAbout(message)
        return
      case 'report':
        setReporting(message)
        return
      case 'follow':
      case 'unfollow':
        return void follow(message.thread ?? message.id, choice === 'follow')
      case 'delete':
        return deleteWithUndo(room, message.id)
    }
  }

  async function markUnread(seq: number) {
    const result = await room.session.markUnread(seq)
    if (result.ok) showToast({ title: t('Marked unread from here') })
    else showToast({ tone: 'bad', title: t('It is still read'), text: explain(result.failure) })
  }

  async function follow(root: string, on: boolean) {
    const result = await followThread(room.session.slug, root, on)
    if (!result.ok) showToast({ tone: 'bad', title: on ? t('The thread is not followed') : t('The thread is still followed'), text: explain(result.failure) })
    void client.invalidateQueries({ queryKey: messageQueries.threads().queryKey })
  }

  const keys: Readonly<Partial<Record<ShortcutId, (message: Posted) => Choice | false>>> = {
    reply: () => room.place !== 'pins' && 'reply',
    thread: () => room.place === 'timeline' && 'thread',
    edit: (m) => mayEdit(room, m) && 'edit',
    react: () => 'react',
    pin: (m) => mayPin(room, m) && (m.pinned ? 'unpin' : 'pin'),
    copyLink: () => 'copyLink',
    unread: () => room.place === 'timeline' && 'unread',
    delete: (m) => mayDelete(room, m) && 'delete',
  }

  // Keys act where the row itself has the focus, not what is in it.
  function onKeyDown(event: KeyboardEvent) {
    const article = event.target instanceof HTMLElement && event.target.matches('[role=article]') ? event.target : null
    const pressed = article && !composing(event) ? shortcutOf(event, 'message') : undefined
    if (!article || !pressed) return
    const row = article.querySelector<HTMLElement>('[data-message]')
    const message = messageOf(row)
    if (!row || !message) return
    if (pressed === 'menu') {
      event.preventDefault()
      open('menu', message, row)
      return
    }
    const choice = keys[pressed]?.(message)
    if (!choice) return
    event.preventDefault()
    act(choice, message, row)
  }

  function onClick(event: MouseEvent) {
    if (!(event.target instanceof Element)) return
    const row = rowOf(event.target)
    const reacting = event.target.closest('[data-act=react]')
    const message = messageOf(row)
    if (reacting && message) {
      open('picker', message, reacting)
      return
    }
    if (message && event.target.closest('[data-act=person]')) {
      setAbout(message)
      return
    }
    // A link to a room of ours opens in this page, unless another one is asked for.
    const link = event.target.closest<HTMLAnchorElement>('a[data-room]')
    if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    const url = new URL(link.href)
    router.history.push(url.pathname + url.search)
  }

  // Long presses, by pointer events: not all browsers tell of them by themselves.
  let held: { timer: ReturnType<typeof setTimeout>; x: number; y: number } | undefined
  function endPress() {
    clearTimeout(held?.timer)
    held = undefined
  }
  function onPointerDown(event: PointerEvent) {
    endPress()
    if (event.pointerType === 'mouse' || !event.isPrimary) return
    if (event.target instanceof Element && event.target.closest('a, textarea, input, video, audio')) return
    const row = rowOf(event.target)
    if (!row) return
    const timer = setTimeout(() => {
      held = undefined
      const message = messageOf(row)
      if (!message) return
      navigator.vibrate?.(10)
      swallow = true
      open('menu', message, null)
    }, LONG_PRESS_MS)
    held = { timer, x: event.clientX, y: event.clientY }
  }
  // What ends a long press is no click on what is below the finger.
  let swallow = false
  function onClickCapture(event: MouseEvent) {
    if (!swallow) return
    swallow = false
    event.preventDefault()
    event.stopPropagation()
  }
  function onPointerMove(event: PointerEvent) {
    if (held && Math.hypot(event.clientX - held.x, event.clientY - held.y) > STILL_PX) endPress()
  }
  function onContextMenu(event: MouseEvent) {
    if (held || swallow) event.preventDefault()
  }
  function onPointerOver(event: PointerEvent) {
    if (event.pointerType === 'mouse' && !opened()) setTarget(rowOf(event.target))
  }
  function onPointerLeave() {
    if (!opened()) setTarget(rowOf(document.activeElement))
  }
  function onFocusIn(event: FocusEvent) {
    if (!opened() && event.target instanceof Element && event.target.matches(':focus-visible')) {
      setTarget(rowOf(event.target.matches('[role=article]') ? event.target.querySelector('[data-message]') : event.target))
    }
  }

  onMount(() => {
    // At hand before they are wanted, also without a network.
    void Promise.allSettled([rich.load(), Menu.preload()])
    const { scroller } = props
    const listeners = new AbortController()
    const { signal } = listeners
    scroller.addEventListener('keydown', onKeyDown, { signal })
    scroller.addEventListener('click', onClickCapture, { signal, capture: true })
    scroller.addEventListener('click', onClick, { signal })
    scroller.addEventListener('pointerdown', onPointerDown, { signal, passive: true })
    scroller.addEventListener('pointermove', onPointerMove, { signal, passive: true })
    for (const end of ['pointerup', 'pointercancel', 'scroll'] as const) scroller.addEventListener(end, endPress, { signal, passive: true })
    addEventListener('pointerup', () => setTimeout(() => (swallow = false)), { signal, passive: true })
    scroller.addEventListener('contextmenu', onContextMenu, { signal })
    scroller.addEventListener('pointerover', onPointerOver, { signal, passive: true })
    scroller.addEventListener('pointerleave', onPointerLeave, { signal, passive: true })
    scroller.addEventListener('focusin', onFocusIn, { signal })
    if (room.place !== 'pins' && matchMedia('(any-pointer: coarse)').matches) {
      const options = {
        rowOf: (element: EventTarget | null) => (opened() ? null : rowOf(element)),
        reply(row: HTMLElement) {
          const message = messageOf(row)
          if (message) act('reply', message, row)
        },
      }
      void import('~/gestures/reply').then(({ swipeToReply }) => signal.aborted || swipeToReply(scroller, options, signal), () => {})
    }
    // Who was at a message before this came needn't leave it first.
    const pointed = matchMedia('(hover: hover)').matches ? '[data-message]:hover, ' : ''
    setTarget(rowOf(scroller.querySelector(`${pointed}[role=article]:focus-visible [data-message]`)))
    onCleanup(() => {
      listeners.abort()
      endPress()
    })
  })

  // One toolbar, which stands in the row that it is for: it scrolls with it, and
  // comes after it in the order of the Tab key.
  createEffect(() => {
    const row = target()
    if (row && room.editing()?.id !== row.dataset['message']) row.append(toolbar)
    else toolbar.remove()
    row?.setAttribute('data-active', '')
    onCleanup(() => row?.removeAttribute('data-active'))
  })
  onCleanup(() => toolbar.remove())

  function press(choice: Choice | 'menu', button: Element) {
    const message = messageOf(target())
    if (!message) return
    if (choice === 'menu') open('menu', message, button)
    else act(choice, message, button)
  }

  const bar = (
    <div ref={toolbar} class="message-toolbar" role="group" aria-label={t('Message actions')}>
      <button type="button" class="toolbar-button" aria-label={t('Add a reaction')} title={t('Add a reaction')} aria-haspopup="dialog" onPointerEnter={prefetchEmoji} onClick={(e) => press('react', e.currentTarget)}>
        <FaceSlightlySmilingPlus class="size-4" aria-hidden="true" />
      </button>
      <Show when={room.place !== 'pins'}>
        <button type="button" class="toolbar-button" aria-label={t('Reply')} title={t('Reply')} onClick={(e) => press('reply', e.currentTarget)}>
          <Reply class="size-4 mirrored" aria-hidden="true" />
        </button>
      </Show>
      <Show when={room.place === 'timeline'}>
        <button type="button" class="toolbar-button" aria-label={t('Thread')} title={t('Thread')} onClick={(e) => press('thread', e.currentTarget)}>
          <MessagesSquare class="size-4" aria-hidden="true" />
        </button>
      </Show>
      <button type="button" class="toolbar-button" aria-label={t('More@@that can be done')} title={t('More@@that can be done')} aria-haspopup="menu" onPointerEnter={() => void Menu.preload()} onClick={(e) => press('menu', e.currentTarget)}>
        <Ellipsis class="size-4" aria-hidden="true" />
      </button>
    </div>
  )
  void bar

  return (
    <Suspense>
      <Show when={opened()} keyed>
        {(o) => (
          <Show
            when={o.what === 'menu'}
            fallback={
              <ReactionPicker
                anchor={o.anchor}
                onPick={(emoji) => {
                  close()
                  void react(room, o.message.id, emoji, !o.message.reactions?.[emoji]?.includes(room.me().id))
                }}
                onClose={close}
              />
            }
          >
            <Menu
              message={o.message}
              anchor={o.anchor}
              onChoose={(choice) => choose(choice, o.message)}
              onReact={(emoji) => {
                close()
                void react(room, o.message.id, emoji, !o.message.reactions?.[emoji]?.includes(room.me().id))
              }}
              onClose={close}
            />
          </Show>
        )}
      </Show>
      <Show when={forwarding()} keyed>
        {(message) => <ForwardDialog message={message} from={room.session.slug} onClose={() => setForwarding(null)} />}
      </Show>
      <Show when={reporting()} keyed>
        {(message) => <ReportDialog message={message} slug={room.session.slug} onClose={() => setReporting(null)} />}
      </Show>
      <Show when={about()} keyed>
        {(message) => <PersonDialog user={message} slug={room.session.slug} onClose={() => setAbout(null)} />}
      </Show>
    </Suspense>
  )
}
