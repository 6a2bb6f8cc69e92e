import { useRouter } from '@tanstack/solid-router'
import { createSignal, Show } from 'solid-js'
import { createAction } from '~/account/action'
import { Act, Fault } from '~/account/parts'
import { useLive } from '~/app/live'
import { t } from '~/i18n/i18n'
import type { User } from '~/realtime/wire.gen'
import { Button } from '~/ui/button'
import { DialogFooter } from '~/ui/dialog'
import { TextField, TextFieldInput, TextFieldLabel } from '~/ui/text-field'
import { makeRoom } from './calls'
import { NAME_CHARS } from './make-dialog'
import { PeoplePicker } from './people-picker'
import { Question } from './question'

/** A group is for a few; more of them want a private room. */
export const GROUP_PEOPLE = 8

/** Opens what one has with a person, or makes a group of several. */
export function WriteDialog() {
  const live = useLive()
  const router = useRouter()
  const [people, setPeople] = createSignal<readonly User[]>([])
  const [name, setName] = createSignal('')
  const group = () => people().length > 1

  const open = createAction(
    () =>
      makeRoom({
        name: group() ? name().trim() : '',
        kind: group() ? 'group' : 'direct',
        people: people().map((p) => p.userId),
      }),
    {
      done(room) {
        void live.rooms.load()
        live.desk.close()
        void router.navigate({ to: '/rooms/$slug', params: { slug: room.slug } })
      },
    },
  )

  return (
    <Question title={t('New message')} text={t('To one person, or to a few at once.')}>
      <form
        class="flex min-h-72 flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (people().length > 0) void open.run()
        }}
      >
        <PeoplePicker label={t('To@@whom one writes to')} chosen={people()} limit={GROUP_PEOPLE} without={(id) => id === live.account().id} autofocus onChange={setPeople} />
        <Show when={group()}>
          <TextField value={name()} onChange={setName}>
            <TextFieldLabel>{t('Name of the group (optional)')}</TextFieldLabel>
            <TextFieldInput maxLength={NAME_CHARS} dir="auto" autocomplete="off" />
          </TextField>
        </Show>
        <div class="flex-1" />
        <Fault action={open} />
        <DialogFooter>
          <Button variant="outline" onClick={() => live.desk.close()}>{t('Cancel')}</Button>
          <Act action={open} label={group() ? t('Make the group') : t('Open@@the verb')} busyLabel={t('Opening…')} disabled={people().length === 0} />
        </DialogFooter>
      </form>
    </Question>
  )
}
