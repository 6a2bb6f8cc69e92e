import * as Primitive from '@kobalte/core/dialog'
import type { PolymorphicProps } from '@kobalte/core/polymorphic'
import X from 'lucide-solid/icons/x'
import { splitProps, type JSX, type ValidComponent } from 'solid-js'
import { t } from '~/i18n/i18n'
import { composing } from '~/keys/composing'
import { cn } from './cn'
import { rememberFocus } from './focus-keeper'

export const Dialog = Primitive.Root
export const DialogTrigger = Primitive.Trigger

type Classed = { class?: string | undefined }

type ContentProps = Primitive.DialogContentProps & Classed & { children?: JSX.Element }

/**
 * What a dialog shows: a sheet at the bottom of a phone, a card in the middle elsewhere.
 * As it closes the focus goes back to where it was, unless `onCloseAutoFocus` prevents that.
 */
export function DialogContent<T extends ValidComponent = 'div'>(
  props: PolymorphicProps<T, Primitive.DialogContentProps<T> & Classed & { children?: JSX.Element }>,
) {
  return (
    <Primitive.Portal>
      <Open {...(props as ContentProps)} />
    </Primitive.Portal>
  )
}

// Made as the dialog opens, before anything in it takes the focus.
function Open(props: ContentProps) {
  const [local, others] = splitProps(props, ['class', 'children', 'onCloseAutoFocus', 'onEscapeKeyDown'])
  const giveBack = rememberFocus()
  return (
    <>
      <Primitive.Overlay class="fixed inset-0 z-50 bg-scrim data-closed:animate-fade-out data-expanded:animate-fade-in" />
      <div class="pointer-events-none fixed inset-0 z-50 flex items-end justify-center sm:items-center sm:p-4">
        <Primitive.Content
          class={cn(
            'scrollbar-calm pointer-events-auto relative flex max-h-[92dvh] w-full flex-col gap-4 overflow-y-auto rounded-t-card border border-line bg-surface p-5 pb-[max(1.25rem,env(safe-area-inset-bottom))] text-ink shadow-float outline-none data-closed:animate-pop-out data-expanded:animate-pop-in sm:max-w-md sm:rounded-card sm:p-6',
            local.class,
          )}
          {...others}
          onEscapeKeyDown={(event: KeyboardEvent) => {
            local.onEscapeKeyDown?.(event)
            if (composing(event)) event.preventDefault()
          }}
          onCloseAutoFocus={(event: Event) => {
            // It may be prevented by now because the focus is elsewhere, which nothing is done about then.
            local.onCloseAutoFocus?.(event)
            if (!event.defaultPrevented) giveBack()
          }}
        >
          {local.children}
          <Primitive.CloseButton
            class="absolute end-3 top-3 grid size-9 place-items-center rounded-control text-muted hover:bg-ink/6 pointer-coarse:size-11"
            aria-label={t('Close')}
          >
            <X class="size-4.5" aria-hidden="true" />
          </Primitive.CloseButton>
        </Primitive.Content>
      </div>
    </>
  )
}

export function DialogTitle<T extends ValidComponent = 'h2'>(props: PolymorphicProps<T, Primitive.DialogTitleProps<T> & Classed>) {
  const [local, others] = splitProps(props as Primitive.DialogTitleProps & Classed, ['class'])
  return <Primitive.Title class={cn('pe-9 text-title font-semibold tracking-tight', local.class)} {...others} />
}

export function DialogDescription<T extends ValidComponent = 'p'>(props: PolymorphicProps<T, Primitive.DialogDescriptionProps<T> & Classed>) {
  const [local, others] = splitProps(props as Primitive.DialogDescriptionProps & Classed, ['class'])
  return <Primitive.Description as="p" class={cn('-mt-2 text-body text-muted', local.class)} {...others} />
}

/** The row of buttons at the end: the one that does it comes last, or on a phone first. */
export function DialogFooter(props: { children: JSX.Element }) {
  return <div class="mt-1 flex flex-col-reverse gap-2 sm:flex-row sm:justify-end">{props.children}</div>
}
