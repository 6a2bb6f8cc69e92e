import { createSignal, createUniqueId, onMount, Show, untrack } from 'solid-js'
import { t } from '~/i18n/i18n'
import { Button } from './button'
import { fieldOf, momentBounds, momentIn } from './moment'

const HOUR_MS = 3_600_000

/** A time of one's own: still to come, and at most a year ahead. `value` is what it begins with. */
export function MomentField(props: { label: string; value: string; faulty: boolean; autofocus?: boolean; onChange(value: string): void }) {
  const id = createUniqueId()
  const bounds = momentBounds(Date.now())
  // Set once: a field of which a part is erased says '', and to be told so erases the rest.
  const first = untrack(() => props.value)
  let field!: HTMLInputElement
  onMount(() => props.autofocus && field.focus())
  return (
    <div class="flex min-w-0 flex-col gap-1.5">
      <label for={id} class="text-meta font-medium">{props.label}</label>
      <input
        ref={field}
        id={id}
        type="datetime-local"
        class="h-10 w-full min-w-0 rounded-control border border-line-strong/70 bg-surface px-3 text-body tabular-nums text-ink focus-visible:outline-offset-0 aria-invalid:border-bad pointer-coarse:h-11 pointer-coarse:text-[1rem]"
        value={first}
        min={bounds.min}
        max={bounds.max}
        aria-invalid={props.faulty ? 'true' : undefined}
        aria-describedby={props.faulty ? `${id}-fault` : undefined}
        onInput={(event) => props.onChange(event.currentTarget.value)}
      />
      <p id={`${id}-fault`} class="text-meta text-bad" classList={{ hidden: !props.faulty }} role="alert">
        <Show when={props.faulty}>{t('Choose a time that is still to come, at most a year ahead.')}</Show>
      </p>
    </div>
  )
}

/** What a field of one's own time holds until it is taken. To be called in a component's scope. */
export function createMoment() {
  const [value, setValue] = createSignal(fieldOf(Date.now() + HOUR_MS))
  const [faulty, setFaulty] = createSignal(false)
  return {
    value,
    faulty,
    setValue(next: string) {
      setFaulty(false)
      setValue(next)
    },
    /** The time, Unix ms; undefined: it can't be taken, and the field says so. */
    take(): number | undefined {
      const time = momentIn(value(), Date.now())
      setFaulty(time === undefined)
      return time
    },
  }
}

/** The field with the button that takes what is in it. */
export function OwnMoment(props: { label: string; action: string; onChange(time: number): void }) {
  const moment = createMoment()
  return (
    <form
      class="flex w-full max-w-80 flex-col gap-2.5"
      novalidate
      onSubmit={(event) => {
        event.preventDefault()
        const time = moment.take()
        if (time !== undefined) props.onChange(time)
      }}
    >
      <MomentField label={props.label} value={moment.value()} faulty={moment.faulty()} autofocus onChange={moment.setValue} />
      <Button type="submit" variant="outline" class="self-start">{props.action}</Button>
    </form>
  )
}
