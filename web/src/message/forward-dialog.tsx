import { createMemo, createSignal, For, Show } from 'solid-js'
import { useLive } from '~/app/live'
import { nameOf } from '~/app/naming'
import { sectionsOf } from '~/app/sections'
import { t } from '~/i18n/i18n'
import type { Posted } from '~/realtime/reduce'
import { KindIcon } from '~/rooms/kind-icon'
import { Button } from '~/ui/button'
import { Dialog, DialogContent, DialogDescription, DialogFooter, DialogTitle } from '~/ui/dialog'
import { TextField, TextFieldInput, TextFieldLabel } from '~/ui/text-field'
import { showToast } from '~/ui/toast'
import { linkOf } from './do'
import { forwarded } from './forwarded'

/** Chooses a room, and posts there what a message of another one said, with the way to it. */
export function ForwardDialog(props: { message: Posted; from: string; onClose(): void }) {
  const live = useLive()
  const rooms = createMemo(() => sectionsOf(live.rooms.rooms(), live.list.order()).flatMap((s) => s.rooms))
  const [chosen, setChosen] = createSignal<string>()
  const [comment, setComment] = createSignal('')
  const [full, setFull] = createSignal(false)

  function post() {
    const slug = chosen()
    if (slug === undefined) return
    const taken = live.post(slug, forwarded(props.message, linkOf(props.from, props.message.id), comment().trim()))
    setFull(!taken)
    if (!taken) return
    showToast({ title: t('Forwarded to {room}', { room: live.rooms.label(slug) }) })
    props.onClose()
  }

  return (
    <Dialog open onOpenChange={(open) => !open && props.onClose()}>
      <DialogContent>
        <DialogTitle>{t('Forward@@a message')}</DialogTitle>
        <DialogDescription>{t('What {who} wrote is quoted, with a link to it.', { who: props.message.userName })}</DialogDescription>
        <form
          class="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            post()
          }}
        >
          <fieldset class="scrollbar-calm flex max-h-60 min-w-0 flex-col overflow-y-auto rounded-control border border-line p-1">
            <legend class="sr-only">{t('To which room?')}</legend>
            <For each={rooms()}>
              {(r) => (
                <label class="flex min-h-8 shrink-0 items-center gap-2.5 rounded-control px-2 text-body has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-accent hover:bg-ink/5 pointer-coarse:min-h-11">
                  <input type="radio" name="room" class="accent-accent" value={r.slug} checked={chosen() === r.slug} onChange={() => setChosen(r.slug)} />
                  <KindIcon kind={r.kind} people={r.people} />
                  <span class="min-w-0 truncate" dir="auto">{nameOf(r)}</span>
                </label>
              )}
            </For>
          </fieldset>
          <TextField value={comment()} onChange={setComment}>
            <TextFieldLabel>{t('A word to it (optional)')}</TextFieldLabel>
            <TextFieldInput maxLength={2_000} dir="auto" />
          </TextField>
          <Show when={full()}>
            <p class="text-meta text-bad" role="alert">{t('Too many messages are waiting to be sent to that room.')}</p>
          </Show>
          <DialogFooter>
            <Button variant="outline" onClick={() => props.onClose()}>{t('Cancel')}</Button>
            <Button type="submit" disabled={chosen() === undefined}>{t('Forward@@a message')}</Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  )
}
