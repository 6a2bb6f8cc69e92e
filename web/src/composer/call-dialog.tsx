import { plural, t } from '~/i18n/i18n'
import { Button } from '~/ui/button'
import { Dialog, DialogContent, DialogDescription, DialogFooter, DialogTitle } from '~/ui/dialog'
import type { Asked } from './calling'

/** Who presses a key sooner after it came up meant something else, ms. */
export const READ_MS = 500

/** Asks before many people are told of a message: Enter sends it, Escape goes back to it. */
export function CallDialog(props: Asked & { label: string }) {
  const { field } = props
  let send!: HTMLButtonElement
  let since = performance.now()
  return (
    <Dialog open onOpenChange={(open) => !open && props.answer('back')}>
      <DialogContent
        role="alertdialog"
        onOpenAutoFocus={(event: Event) => {
          event.preventDefault()
          since = performance.now()
          send.focus()
        }}
        onCloseAutoFocus={(event: Event) => {
          event.preventDefault()
          if (field instanceof HTMLElement && document.activeElement === document.body) field.focus({ preventScroll: true })
        }}
        // The key that asked may still be held down.
        onKeyDown={(event: KeyboardEvent) => event.repeat && event.key === 'Enter' && event.preventDefault()}
      >
        <DialogTitle>
          {props.people === undefined ? t('Notify everybody?') : plural(props.people, 'Notify 1 person?', 'Notify {count} people?')}
        </DialogTitle>
        <DialogDescription>
          {props.call === 'room'
            ? t('@room calls everybody in {room}, whether they are online or not.', { room: props.label })
            : t('@here calls everybody in {room} who is online now.', { room: props.label })}
        </DialogDescription>
        <DialogFooter>
          <Button variant="quiet" onClick={() => props.answer('back')}>{t('Cancel')}</Button>
          <Button variant="outline" onClick={() => props.answer('quietly')}>{t('Send without notifying')}</Button>
          <Button
            ref={send}
            // Of keys: a pointer has had to look for it.
            onClick={(event: MouseEvent) => (event.detail > 0 || event.timeStamp - since >= READ_MS) && props.answer('send')}
          >{t('Send')}</Button>
        </DialogFooter>
      </DialogContent>
    </Dialog>
  )
}
