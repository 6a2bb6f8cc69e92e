import * as Primitive from '@kobalte/core/toast'
import X from 'lucide-solid/icons/x'
import { Show } from 'solid-js'
import { Portal } from 'solid-js/web'
import { t } from '~/i18n/i18n'
import { cn } from './cn'
import type { ToastText } from './toast'

/** Where toasts appear; once in the app. */
export function Toaster() {
  return (
    <Portal>
      <Primitive.Region aria-label={t('Notifications ({hotkey})')} duration={8_000} limit={3} pauseOnInteraction pauseOnPageIdle>
        {/* Above the place where one writes: what undoes something must not cover what sends. Where there is room
            it stands over the list of rooms, clear of the actions at the rows' end. */}
        <Primitive.List as="div" class="fixed inset-x-0 bottom-0 z-60 flex flex-col items-center gap-2 p-4 outline-none sm:end-auto sm:w-66 sm:px-2 pb-[calc(5rem+env(safe-area-inset-bottom))] pointer-events-none" />
      </Primitive.Region>
    </Portal>
  )
}

/** The confirmation that was shown last: the next takes its place. */
let confirmation: number | undefined

/** Draws a toast. */
export function show(toast: ToastText) {
  const confirms = toast.action === undefined && toast.tone !== 'bad'
  if (confirms && confirmation !== undefined) Primitive.toaster.dismiss(confirmation)
  const id = Primitive.toaster.show((props) => (
    <Primitive.Root
      as="div"
      toastId={props.toastId}
      duration={toast.durationMs}
      priority={toast.tone === 'bad' ? 'high' : 'low'}
      class={cn(
        'pointer-events-auto flex w-full max-w-sm gap-3 rounded-card border border-line bg-surface p-3 ps-4 shadow-float data-closed:animate-pop-out data-opened:animate-pop-in',
        toast.text ? 'items-start' : 'items-center',
        toast.tone === 'bad' && 'border-bad/50',
      )}
    >
      <div class="min-w-0 flex-1 py-0.5">
        <Primitive.Title class={cn('text-body font-medium', toast.tone === 'bad' && 'text-bad')}>{toast.title}</Primitive.Title>
        <Show when={toast.text}>
          <Primitive.Description class="text-meta text-muted">{toast.text}</Primitive.Description>
        </Show>
      </div>
      <Show when={toast.action}>
        {(action) => (
          <button
            type="button"
            class="h-7 rounded-control px-2 text-body font-medium text-accent-strong hover:bg-ink/6 pointer-coarse:h-11"
            onClick={() => {
              action().act()
              Primitive.toaster.dismiss(props.toastId)
            }}
          >
            {action().label}
          </button>
        )}
      </Show>
      <Primitive.CloseButton class="grid size-7 place-items-center rounded-control text-muted hover:bg-ink/6 pointer-coarse:size-11" aria-label={t('Dismiss')}>
        <X class="size-4" aria-hidden="true" />
      </Primitive.CloseButton>
    </Primitive.Root>
  ))
  if (confirms) confirmation = id
}
