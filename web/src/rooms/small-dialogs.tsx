import { Link } from '@tanstack/solid-router'
import { createSignal, Show } from 'solid-js'
import { createAction } from '~/account/action'
import { Act, Fault } from '~/account/parts'
import { useLive } from '~/app/live'
import { labelOf } from '~/app/naming'
import type { ListedRoom } from '~/app/rooms'
import { t } from '~/i18n/i18n'
import { may } from '~/permissions.gen'
import { useQuery } from '~/query'
import { Button, buttonVariants } from '~/ui/button'
import { DialogFooter } from '~/ui/dialog'
import { TextField, TextFieldInput, TextFieldLabel } from '~/ui/text-field'
import { infoQuery } from './info'
import { useLeaving } from './leaving'
import { Question } from './question'

const SECTION_CHARS = 50

/** Puts a room under a heading of one's own that isn't there yet. */
export function SectionDialog(props: { room: ListedRoom }) {
  const { rooms, desk } = useLive()
  const [name, setName] = createSignal('')
  const put = createAction(() => rooms.settle(props.room.slug, { section: name().trim(), favourite: false }), { done: () => desk.close() })
  return (
    <Question title={t('New section')} text={t('A heading in your list of rooms, for you alone. {room} will be the first below it.', { room: labelOf(props.room) })}>
      <form
        class="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (name().trim() !== '') void put.run()
        }}
      >
        <TextField value={name()} onChange={setName}>
          <TextFieldLabel>{t('Name')}</TextFieldLabel>
          <TextFieldInput maxLength={SECTION_CHARS} dir="auto" autocomplete="off" autofocus />
        </TextField>
        <Fault action={put} />
        <DialogFooter>
          <Button variant="outline" onClick={() => desk.close()}>{t('Cancel')}</Button>
          <Act action={put} label={t('Make the section')} busyLabel={t('Making it…')} disabled={name().trim() === ''} />
        </DialogFooter>
      </form>
    </Question>
  )
}

/** Asks before one leaves what one can't come back to without a link of others. */
export function LeaveDialog(props: { room: ListedRoom }) {
  const { rooms, desk } = useLive()
  const leaving = useLeaving(rooms)
  const info = useQuery(() => ({ ...infoQuery(props.room.slug), staleTime: 0 }))
  const last = () => info.data?.members === 1
  const leave = createAction(() => leaving.leaveForGood(props.room.slug), { done: () => desk.close() })
  return (
    <Question alert title={t('Leave {room}?', { room: labelOf(props.room) })} text={last() ? t('You are its only member. Once you leave, nobody can open it any more or let you in again.') : props.room.kind === 'group' ? t('You will no longer see what is said in it, nor what was said. You come back by an invitation link that one of its members makes.') : t('You will no longer see what is said in it, nor what was said. You come back by an invitation link that its owner or a moderator makes.')}>
      <Fault action={leave} />
      <DialogFooter>
        <Button variant="outline" onClick={() => desk.close()}>{t('Stay')}</Button>
        <Show when={last() && may('delete_room', props.room.role, props.room.kind)}>
          <Link to="/rooms/$slug" params={{ slug: props.room.slug }} search={{ panel: 'settings' }} class={buttonVariants({ variant: 'outline' })} onClick={() => desk.close()}>
            {t('Export or delete it instead')}
          </Link>
        </Show>
        <Act action={leave} variant="danger" label={t('Leave')} busyLabel={t('Leaving…')} onClick={() => void leave.run()} />
      </DialogFooter>
    </Question>
  )
}
