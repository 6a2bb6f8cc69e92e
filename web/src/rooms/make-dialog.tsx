import { useRouter } from '@tanstack/solid-router'
import Hash from 'lucide-solid/icons/hash'
import Lock from 'lucide-solid/icons/lock'
import { createSignal, For, Show } from 'solid-js'
import { createAction } from '~/account/action'
import { Act, Fault } from '~/account/parts'
import { useLive } from '~/app/live'
import { slugOf } from '~/app/naming'
import { t } from '~/i18n/i18n'
import { T } from '~/i18n/t'
import type { User } from '~/realtime/wire.gen'
import { Button } from '~/ui/button'
import { DialogFooter } from '~/ui/dialog'
import { TextField, TextFieldDescription, TextFieldInput, TextFieldLabel } from '~/ui/text-field'
import { makeRoom } from './calls'
import { kindWords } from './kind-words'
import { PeoplePicker } from './people-picker'
import { Question } from './question'

export const NAME_CHARS = 100
export const TOPIC_CHARS = 500
/** As many can be taken along at once; more are added later. */
const FIRST_PEOPLE = 20

/** Makes a public or a private room. */
export function MakeDialog() {
  const live = useLive()
  const router = useRouter()
  const [name, setName] = createSignal('')
  const [topic, setTopic] = createSignal('')
  const [kind, setKind] = createSignal<'public' | 'private'>('public')
  const [people, setPeople] = createSignal<readonly User[]>([])
  // One that isn't public gets an address that nobody guesses, of the server's making.
  const slug = () => (kind() === 'public' ? slugOf(name()) : '')

  const make = createAction(
    () =>
      makeRoom({
        name: name().trim(),
        kind: kind(),
        ...(slug() !== '' && { slug: slug() }),
        ...(topic().trim() !== '' && { topic: topic().trim() }),
        ...(people().length > 0 && { people: people().map((p) => p.userId) }),
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
    <Question title={t('New room')}>
      <form
        class="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (name().trim() !== '') void make.run()
        }}
      >
        <TextField value={name()} onChange={setName}>
          <TextFieldLabel>{t('Name')}</TextFieldLabel>
          <TextFieldInput maxLength={NAME_CHARS} dir="auto" autocomplete="off" autofocus placeholder={t('Table by the window')} />
          <TextFieldDescription>
            <Show when={slug() !== ''} fallback={kind() === 'private' ? t('Its address will be one that nobody guesses.') : t('The server will make its address.')}>
              <T text="Its address: {address}" address={<bdi class="[overflow-wrap:anywhere]">{`/rooms/${slug()}`}</bdi>} />
            </Show>
          </TextFieldDescription>
        </TextField>
        <fieldset class="flex flex-col gap-2">
          <legend class="mb-1.5 text-meta font-medium">{t('Who is it for?')}</legend>
          <For each={['public', 'private'] as const}>
            {(k) => (
              <label class="grid grid-cols-[auto_1fr] gap-x-3 rounded-card border border-line p-3 has-checked:border-accent has-checked:bg-accent-soft/50 has-focus-visible:outline-2 has-focus-visible:outline-accent">
                <input type="radio" name="kind" class="sr-only" value={k} checked={kind() === k} onChange={() => setKind(k)} />
                <span class="mt-0.5 text-muted">
                  <Show when={k === 'private'} fallback={<Hash class="size-4.5" aria-hidden="true" />}>
                    <Lock class="size-4.5" aria-hidden="true" />
                  </Show>
                </span>
                <span class="text-body font-medium">{t(kindWords[k].title)}</span>
                <span class="ps-7.5 text-meta text-muted [grid-column:1/-1]">{t(kindWords[k].text)}</span>
              </label>
            )}
          </For>
        </fieldset>
        <TextField value={topic()} onChange={setTopic}>
          <TextFieldLabel>{t('Topic (optional)')}</TextFieldLabel>
          <TextFieldInput maxLength={TOPIC_CHARS} dir="auto" autocomplete="off" placeholder={t('What is talked about here')} />
        </TextField>
        <PeoplePicker label={t('First people (optional)')} chosen={people()} limit={FIRST_PEOPLE} without={(id) => id === live.account().id} onChange={setPeople} />
        <Fault action={make} />
        <DialogFooter>
          <Button variant="outline" onClick={() => live.desk.close()}>{t('Cancel')}</Button>
          <Act action={make} label={t('Make the room')} busyLabel={t('Making it…')} disabled={name().trim() === ''} />
        </DialogFooter>
      </form>
    </Question>
  )
}
