import { createSignal, For } from 'solid-js'
import { t } from '~/i18n/i18n'
import { Button } from '~/ui/button'
import { Popover, PopoverContent, PopoverTrigger } from '~/ui/popover'
import { walkButtons } from '~/ui/walk-buttons'
import { DayButton, type PillPlace } from './day-pill'
import type { Target } from './session'

interface DayMenuProps {
  place: PillPlace
  onJump(target: Target): void
}

/** The ways to another day, with the pill that opens them. */
export default function DayMenu(props: DayMenuProps & { defaultOpen: boolean }) {
  const [open, setOpen] = createSignal(props.defaultOpen)
  return (
    <Popover open={open()} onOpenChange={setOpen} gutter={4}>
      <PopoverTrigger as={DayButton} place={props.place} />
      <PopoverContent class="w-60 p-1.5" aria-label={t('Jump to a day')}>
        <Days
          day={props.place.day}
          onJump={(target) => {
            setOpen(false)
            props.onJump(target)
          }}
        />
      </PopoverContent>
    </Popover>
  )
}

function Days(props: { day: number; onJump(target: Target): void }) {
  const [date, setDate] = createSignal(dateOf(props.day))
  const days: [string, Target][] = [
    [t('Today'), { time: midnight(0) }],
    [t('Yesterday'), { time: midnight(1) }],
    [t('Last week'), { time: midnight(7) }],
    [t('Last month'), { time: monthAgo() }],
    [t('The beginning'), 'beginning'],
  ]

  function go(event: SubmitEvent) {
    event.preventDefault()
    const time = startOf(date())
    if (time !== null) props.onJump({ time })
  }

  return (
    <>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- its buttons are what is pressed */}
      <ul onKeyDown={walkButtons}>
        <For each={days}>
          {([name, target]) => (
            <li>
              <button
                type="button"
                class="flex min-h-8 w-full items-center rounded-control px-2.5 text-start text-body hover:bg-ink/5 focus-visible:-outline-offset-2 pointer-coarse:min-h-11"
                onClick={() => props.onJump(target)}
              >
                {name}
              </button>
            </li>
          )}
        </For>
      </ul>
      <form class="mt-1.5 flex items-end gap-1.5 border-t border-line px-1 pt-2" onSubmit={go}>
        <label class="min-w-0 flex-1 text-day text-muted">
          {t('A day')}
          <input
            type="date"
            class="mt-0.5 block h-8 w-full rounded-control border border-line-strong/60 bg-sunken px-2 text-meta text-ink pointer-coarse:h-11 pointer-coarse:text-[1rem]"
            value={date()}
            max={dateOf(Date.now())}
            onInput={(event) => setDate(event.currentTarget.value)}
            required
          />
        </label>
        <Button type="submit" size="small" variant="outline" class="h-8">
          {t('Go@@to that day')}
        </Button>
      </form>
    </>
  )
}

// The reader's own midnight that many days ago: a day may have 23 hours.
function midnight(daysAgo: number): number {
  const day = new Date()
  day.setHours(0, 0, 0, 0)
  day.setDate(day.getDate() - daysAgo)
  return day.getTime()
}

// The same day of the month before, or the last one that it has.
function monthAgo(): number {
  const day = new Date(midnight(0))
  const date = day.getDate()
  day.setDate(0)
  if (date < day.getDate()) day.setDate(date)
  return day.getTime()
}

function dateOf(time: number): string {
  const day = new Date(time)
  return `${String(day.getFullYear()).padStart(4, '0')}-${String(day.getMonth() + 1).padStart(2, '0')}-${String(day.getDate()).padStart(2, '0')}`
}

function startOf(date: string): number | null {
  const time = new Date(`${date}T00:00:00`).getTime()
  return Number.isNaN(time) ? null : Math.max(time, 0)
}
