import { Show, type JSX } from 'solid-js'
import { useLive } from '~/app/live'
import { Dialog, DialogContent, DialogDescription, DialogTitle } from '~/ui/dialog'

/** A dialog of the desk; the focus goes back to where the question was asked. */
export function Question(props: { title: string; text?: JSX.Element; alert?: boolean; class?: string; children: JSX.Element }) {
  const { desk } = useLive()
  return (
    <Dialog open onOpenChange={(open) => !open && desk.close()}>
      <DialogContent
        role={props.alert ? 'alertdialog' : 'dialog'}
        class={props.class}
        onCloseAutoFocus={(event: Event) => {
          event.preventDefault()
          desk.close()
        }}
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
