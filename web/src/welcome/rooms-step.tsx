import Check from 'lucide-solid/icons/check'
import { createSignal, For, Show } from 'solid-js'
import { createStore } from 'solid-js/store'
import { Act, Fault } from '~/account/parts'
import { createAction } from '~/account/action'
import { useLive } from '~/app/live'
import { nameOf, slugOf } from '~/app/naming'
import { m, plural, t } from '~/i18n/i18n'
import { makeRoom } from '~/rooms/calls'
import { Button } from '~/ui/button'
import { Checkbox } from '~/ui/checkbox'
import { TextField, TextFieldInput, TextFieldLabel } from '~/ui/text-field'
import { Ways } from './ways'

/** As many has the name of a room. */
const NAME_CHARS = 100

const suggestions = [
  { name: m('Announcements'), topic: m('What everybody should know') },
  { name: m('Random'), topic: m('Whatever has no place elsewhere') },
  { name: m('Help'), topic: m('Questions, and answers to them') },
] as const

/** Makes the first rooms, of those that are suggested. */
export function RoomsStep(props: { onNext(): void; onBack(): void }) {
  const { rooms } = useLive()
  const there = () => rooms.rooms().filter((r) => r.kind === 'public')
  const [rows, setRows] = createStore(
    suggestions
      .map((s) => ({ suggested: t(s.name), name: t(s.name), topic: t(s.topic), ticked: false, made: false }))
      // Who comes back has some of them.
      .filter((row) => !there().some((r) => r.slug === slugOf(row.name) || nameOf(r) === row.name)),
  )
  const wanted = () => rows.filter((row) => row.ticked && !row.made && row.name.trim() !== '').length
  const [failed, setFailed] = createSignal('')

  const make = createAction(
    async () => {
      setFailed('')
      for (const [i, row] of rows.entries()) {
        const name = row.name.trim()
        if (!row.ticked || row.made || name === '') continue
        const slug = slugOf(name)
        const result = await makeRoom({ name, kind: 'public', topic: row.topic, ...(slug !== '' && { slug }) })
        if (!result.ok) {
          setFailed(name)
          return result
        }
        setRows(i, 'made', true)
      }
      return { ok: true, value: true }
    },
    { done: () => props.onNext() },
  )

  async function go() {
    if (wanted() === 0) return props.onNext()
    await make.run()
    void rooms.load()
  }

  return (
    <form
      class="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        void go()
      }}
    >
      <ul class="divide-y divide-line rounded-card border border-line">
        <For each={there()}>
          {(room) => (
            <li class="flex items-center gap-2.5 px-4 py-2.5 text-body">
              <Check class="size-4 shrink-0 text-good" aria-hidden="true" />
              <span class="min-w-0 flex-1 truncate" dir="auto">{nameOf(room)}</span>
              <span class="text-meta text-muted">{room.slug === 'global' ? t('Everybody is in it') : t('Is there')}</span>
            </li>
          )}
        </For>
        <For each={rows}>
          {(row, i) => (
            <Show when={!row.made || !there().some((r) => nameOf(r) === row.name.trim())}>
              <li class="flex flex-col gap-2 px-4 py-2.5">
                <Checkbox checked={row.ticked} hint={row.topic} onChange={(ticked) => setRows(i(), 'ticked', ticked)}>
                  <span dir="auto">{row.name.trim() || row.suggested}</span>
                </Checkbox>
                <Show when={row.ticked}>
                  <TextField class="ps-7.5" value={row.name} onChange={(name: string) => setRows(i(), 'name', name)}>
                    <TextFieldLabel class="sr-only">{t('Name of the room')}</TextFieldLabel>
                    <TextFieldInput class="h-9 pointer-coarse:h-11" maxLength={NAME_CHARS} dir="auto" autocomplete="off" />
                  </TextField>
                </Show>
              </li>
            </Show>
          )}
        </For>
      </ul>
      <Show when={failed()}>{(name) => <p class="-mb-2 text-meta text-bad">{t('“{name}” could not be made:', { name: name() })}</p>}</Show>
      <Fault action={make} />
      <Ways onBack={() => props.onBack()}>
        <Button variant="outline" onClick={() => props.onNext()}>{t('Skip')}</Button>
        <Act action={make} label={wanted() === 0 ? t('Next') : plural(wanted(), 'Make 1 room', 'Make {count} rooms')} busyLabel={t('Making them…')} />
      </Ways>
    </form>
  )
}
