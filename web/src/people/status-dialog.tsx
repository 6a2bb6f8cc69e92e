import Smile from 'lucide-solid/icons/face-slightly-smiling'
import { createSignal, For, onMount, Show } from 'solid-js'
import { createAction } from '~/account/action'
import { Act, Fault, Loaded } from '~/account/parts'
import { useLive } from '~/app/live'
import { EmojiPanel } from '~/emoji/panel'
import { RequestError } from '~/http'
import { m, t } from '~/i18n/i18n'
import { composing } from '~/keys/composing'
import { useQuery } from '~/query'
import type { OwnStatus } from '~/realtime/wire.gen'
import { momentOf } from '~/room/room-foot'
import { Select } from '~/rooms/block'
import { Question } from '~/rooms/question'
import { Button } from '~/ui/button'
import { Checkbox } from '~/ui/checkbox'
import { DialogFooter } from '~/ui/dialog'
import { createMoment, MomentField } from '~/ui/moment-field'
import { Skeleton } from '~/ui/skeleton'
import { TextField, TextFieldInput, TextFieldLabel } from '~/ui/text-field'
import { getStatus, noStatus, putStatus, STATUS_CHARS, untilOf, type Lasting } from './status'

type Until = Lasting | 'kept' | 'own'

const lastings: readonly { value: Lasting; label: string }[] = [
  { value: 'half', label: m('30 minutes') },
  { value: 'hour', label: m('1 hour') },
  { value: 'today', label: m('Today') },
  { value: 'week', label: m('This week') },
  { value: 'never', label: m("Don't clear") },
]

const suggestions: readonly { emoji: string; text: string; lasting: Lasting }[] = [
  { emoji: '📅', text: m('In a meeting'), lasting: 'hour' },
  { emoji: '🎧', text: m('Focusing'), lasting: 'hour' },
  { emoji: '🤒', text: m('Out sick'), lasting: 'today' },
  { emoji: '🌴', text: m('On holiday'), lasting: 'week' },
]

/** What one says of oneself, to see and to change. */
export function StatusDialog() {
  const query = useQuery(() => ({
    queryKey: ['status'],
    queryFn: async () => {
      const result = await getStatus()
      if (!result.ok) throw new RequestError(result.failure)
      return result.value
    },
    // Another device may have changed it.
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
  }))
  return (
    <Question title={t('Your status')} text={t('Shown beside your name to everybody who sees you.')}>
      <Loaded query={query} loading={t('Loading your status')} failed={t("Your status couldn't be loaded")} skeleton={<Skeleton class="h-11 w-full" />}>
        {/* What is being written isn't changed under the hand. */}
        {(data) => <Form status={data()} />}
      </Loaded>
    </Question>
  )
}

function Form(props: { status: OwnStatus }) {
  const { desk } = useLive()
  const { status: before } = props
  const [emoji, setEmoji] = createSignal(before.emoji)
  const [text, setText] = createSignal(before.text)
  const [dnd, setDnd] = createSignal(before.dnd)
  const [until, setUntil] = createSignal<Until>(before.until > 0 ? 'kept' : 'never')
  const [choosing, setChoosing] = createSignal(false)
  const untils = () => [
    ...(before.until > 0 ? [{ value: 'kept' as const, label: t('Until {time}', { time: momentOf(before.until) }) }] : []),
    ...lastings.map(({ value, label }) => ({ value, label: t(label) })),
    { value: 'own' as const, label: t('At a time of my own') },
  ]
  const moment = createMoment()
  const done = { done: () => desk.close() }
  const save = createAction((own: number) => {
    const lasting = until()
    return putStatus({ emoji: emoji(), text: text().trim(), dnd: dnd(), until: lasting === 'own' ? own : lasting === 'kept' ? before.until : untilOf(lasting, Date.now()) })
  }, done)
  const clear = createAction(() => putStatus(noStatus), done)
  const set = () => before.emoji !== '' || before.text !== '' || before.dnd
  let field!: HTMLInputElement
  let chooser!: HTMLButtonElement
  // A phone's keyboard would cover what there is to choose from.
  onMount(() => matchMedia('(pointer: fine)').matches && field.focus())

  function choose(next?: string) {
    if (next !== undefined) setEmoji(next)
    setChoosing(false)
    chooser.focus()
  }
  // It ends the choosing, and not the dialog.
  function onKeyDown(event: KeyboardEvent) {
    if (event.key !== 'Escape' || composing(event)) return
    event.stopPropagation()
    choose()
  }

  return (
    <form
      class="flex flex-col gap-4"
      novalidate
      onSubmit={(event) => {
        event.preventDefault()
        const own = until() === 'own' ? moment.take() : 0
        if (own !== undefined) void save.run(own)
      }}
    >
      <div class="flex items-end gap-2">
        <button
          ref={chooser}
          type="button"
          class="grid size-11 shrink-0 place-items-center rounded-control border border-line-strong/70 bg-surface font-emoji text-headline leading-none text-muted hover:bg-ink/5"
          aria-label={emoji() === '' ? t('Choose an emoji') : t('Emoji: {emoji}. Choose another', { emoji: emoji() })}
          aria-expanded={choosing()}
          title={t('Choose an emoji')}
          onClick={() => setChoosing(!choosing())}
        >
          <Show when={emoji()} fallback={<Smile class="size-5" aria-hidden="true" />}>{emoji()}</Show>
        </button>
        <TextField class="min-w-0 flex-1" value={text()} onChange={setText}>
          <TextFieldLabel>{t("What's going on")}</TextFieldLabel>
          <TextFieldInput ref={(element: HTMLInputElement) => (field = element)} maxLength={STATUS_CHARS} dir="auto" autocomplete="off" placeholder={t('In a few words')} />
        </TextField>
      </div>
      {/* In the dialog itself: all beside it is shut off. */}
      <Show
        when={choosing()}
        fallback={
          <>
            <Show when={emoji() === '' && text() === ''}>
              <ul class="flex flex-wrap gap-2" aria-label={t('Suggestions')}>
                <For each={suggestions}>
                  {(s) => (
                    <li>
                      <Button
                        variant="outline"
                        size="small"
                        onClick={() => {
                          setEmoji(s.emoji)
                          setText(t(s.text))
                          setUntil(s.lasting)
                          field.focus()
                        }}
                      >
                        <span class="font-emoji" aria-hidden="true">{s.emoji}</span>
                        {t(s.text)}
                      </Button>
                    </li>
                  )}
                </For>
              </ul>
            </Show>
            <Select label={t('Clear after')} value={until()} options={untils()} onChange={setUntil} />
            <Show when={until() === 'own'}><MomentField label={t('Clear at')} value={moment.value()} faulty={moment.faulty()} autofocus onChange={moment.setValue} /></Show>
            <Checkbox checked={dnd()} onChange={setDnd} hint={t('Nothing rings or pops up for you, and others see that.')}>
              {t('Do not disturb')}
            </Checkbox>
            <Fault action={save} />
            <Fault action={clear} />
            <DialogFooter>
              <Show when={set()}>
                <Act action={clear} variant="outline" label={t('Clear status')} busyLabel={t('Clearing…')} onClick={() => void clear.run()} />
              </Show>
              <Act action={save} label={t('Save')} busyLabel={t('Saving…')} />
            </DialogFooter>
          </>
        }
      >
        <div class="-mx-4 flex justify-center sm:mx-0" role="group" aria-label={t('Emoji')} on:keydown={onKeyDown}>
          <EmojiPanel onPick={choose} />
        </div>
      </Show>
    </form>
  )
}
