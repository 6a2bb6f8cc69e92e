import { createComputed, createMemo, on, Show, type JSX } from 'solid-js'
import { t } from '~/i18n/i18n'
import { Button } from '~/ui/button'
import { Dialog, DialogContent, DialogDescription, DialogFooter, DialogTitle } from '~/ui/dialog'
import type { Action } from './action'
import { Act, Fault } from './parts'

/** A dialog with its words. */
export function Modal(props: {
  open: boolean
  onClose(): void
  title: string
  text?: JSX.Element
  /** Asks before something that can't be undone. */
  alert?: boolean
  /** A press beside it doesn't close it: what it shows isn't shown again. */
  holds?: boolean
  class?: string
  children: JSX.Element
}) {
  return (
    <Dialog open={props.open} onOpenChange={(open) => !open && props.onClose()}>
      <DialogContent
        class={props.class}
        role={props.alert ? 'alertdialog' : 'dialog'}
        onInteractOutside={(event: Event) => props.holds && event.preventDefault()}
      >
        <DialogTitle>{props.title}</DialogTitle>
        <Show when={props.text}>
          <DialogDescription>{props.text}</DialogDescription>
        </Show>
        {props.children}
      </DialogContent>
    </Dialog>
  )
}

/** Begins anew each time a dialog opens, and not as it closes, when it still shows. */
export function onOpen(open: () => boolean, begin: () => void) {
  createComputed(on(open, (now) => now && begin(), { defer: true }))
}

/** Asks before something is done to `target`; null: nothing is asked. */
export function Confirm<T extends object>(props: {
  target: T | null
  onClose(): void
  title: (target: T) => string
  text: (target: T) => JSX.Element
  label: string
  busyLabel: string
  action: Action<[T]>
}) {
  // It still shows while it closes.
  const shown = createMemo<T | null>((last) => props.target ?? last, null)
  function close() {
    props.onClose()
    props.action.reset()
  }
  return (
    <Show when={shown()}>
      {(target) => (
        <Modal open={props.target !== null} onClose={close} alert title={props.title(target())} text={props.text(target())}>
          <Fault action={props.action} />
          <DialogFooter>
            <Button variant="outline" onClick={close}>{t('Cancel')}</Button>
            <Act
              action={props.action}
              variant="danger"
              label={props.label}
              busyLabel={props.busyLabel}
              onClick={() => void props.action.run(target()).then((ok) => ok && close())}
            />
          </DialogFooter>
        </Modal>
      )}
    </Show>
  )
}
