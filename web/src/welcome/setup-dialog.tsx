import { useQueryClient } from '@tanstack/solid-query'
import { createEffect, createSignal, For, Match, on, Switch } from 'solid-js'
import { t } from '~/i18n/i18n'
import { PRODUCT, serverName } from '~/server-name'
import { Button } from '~/ui/button'
import { Dialog, DialogContent, DialogDescription, DialogTitle } from '~/ui/dialog'
import { greetingQuery, noteSetup } from './calls'
import { InviteStep } from './invite-step'
import { NameStep } from './name-step'
import { RoomsStep } from './rooms-step'

const STEPS = ['name', 'rooms', 'people'] as const

/**
 * An owner's first minutes: a name, first rooms, people. Each step can be left out, and
 * all of it be left and come back to; once it is done it is no more.
 */
export default function SetupDialog(props: { onClose(): void }) {
  const client = useQueryClient()
  // Who comes back goes on where there is something to do.
  const [step, setStep] = createSignal(serverName() === PRODUCT ? 0 : 1)
  let heading: HTMLHeadingElement | undefined

  createEffect(on(step, () => heading?.focus(), { defer: true }))

  function next() {
    if (step() < STEPS.length - 1) setStep(step() + 1)
    else end()
  }

  function end() {
    props.onClose()
    client.setQueryData(greetingQuery.queryKey, (g) => g && { ...g, setup: 'done' as const })
    // Where it doesn't get through, it is asked again another time.
    void noteSetup('done')
  }

  const title = () => [t('What is this place called?'), t('Its first rooms'), t('Bring your people')][step()]
  const lead = () =>
    [
      t('The name stands above the rooms, on the way in and in mails. You can change it at any time.'),
      t('A room is for one subject, or for one circle of people. These are public: everybody here can join them.'),
      t('A place is its people. Send them a link, or show it to the camera of a phone.'),
    ][step()]

  return (
    <Dialog open onOpenChange={(open) => !open && props.onClose()}>
      <DialogContent
        class="sm:max-w-lg"
        onCloseAutoFocus={(event: Event) => {
          event.preventDefault()
          document.getElementById('composer')?.focus()
        }}
        // A slip beside it is no wish to leave.
        onInteractOutside={(event: Event) => event.preventDefault()}
      >
        <div class="flex items-center gap-3 pe-9">
          <ol class="flex gap-1.5" aria-hidden="true">
            <For each={STEPS}>{(_, i) => <li class="h-1.5 w-8 rounded-full" classList={{ 'bg-accent': i() <= step(), 'bg-ink/12': i() > step() }} />}</For>
          </ol>
          <p class="text-meta text-muted">{t('Step {step} of {steps}', { step: step() + 1, steps: STEPS.length })}</p>
        </div>
        <DialogTitle ref={heading} tabindex="-1" class="rounded-control pe-0 text-headline outline-none">{title()}</DialogTitle>
        <DialogDescription>{lead()}</DialogDescription>
        <Switch>
          <Match when={step() === 0}><NameStep onNext={next} /></Match>
          <Match when={step() === 1}><RoomsStep onNext={next} onBack={() => setStep(0)} /></Match>
          <Match when={step() === 2}><InviteStep onEnd={end} onBack={() => setStep(1)} /></Match>
        </Switch>
        <div class="-mb-1 flex flex-wrap justify-center gap-x-1 border-t border-line pt-2 text-meta text-muted">
          <Button variant="quiet" size="small" class="text-muted" onClick={() => props.onClose()}>{t('Go on later')}</Button>
          <Button variant="quiet" size="small" class="text-muted" onClick={end}>{t("Don't show this again")}</Button>
        </div>
      </DialogContent>
    </Dialog>
  )
}
