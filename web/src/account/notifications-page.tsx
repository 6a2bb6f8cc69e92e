import { useQueryClient } from '@tanstack/solid-query'
import { createSignal, For, onCleanup, Show } from 'solid-js'
import { useLive } from '~/app/live'
import { attentionQuery, changeAttention, timezoneHere, type Attention, type Level } from '~/attention/settings'
import { explain } from '~/http'
import { dates, plural, t } from '~/i18n/i18n'
import { useQuery } from '~/query'
import { momentOf } from '~/room/room-foot'
import { timeOf } from '~/room/times'
import { Button } from '~/ui/button'
import { Checkbox } from '~/ui/checkbox'
import { Choice } from '~/ui/choice'
import { cn } from '~/ui/cn'
import { createFocusKeeper } from '~/ui/focus-keeper'
import { OwnMoment } from '~/ui/moment-field'
import { Skeleton } from '~/ui/skeleton'
import { showToast } from '~/ui/toast'
import { Block, Card, Item, Loaded, Page } from './parts'
import { ThisDevice } from './this-device'

/** What one is told of, where, and when not. */
export function NotificationsPage() {
  const attention = useQuery(() => attentionQuery)
  return (
    <Page title={t('Notifications')} lead={t('What you are told of while you look elsewhere. Each room can have a level of its own.')}>
      <Loaded query={attention} loading={t('Loading your settings')} failed={t("Your settings couldn't be loaded")} skeleton={<Skeleton class="h-64 w-full rounded-card" />}>
        {(settings) => <Settings settings={settings()} />}
      </Loaded>
    </Page>
  )
}

const levels = (): readonly { value: Level; label: string }[] => [
  { value: 'all', label: t('Everything') },
  { value: 'mentions', label: t('Mentions') },
  { value: 'nothing', label: t('Nothing') },
]

function Settings(props: { settings: Attention }) {
  const { account } = useLive()
  const client = useQueryClient()

  async function save(to: Partial<Attention>) {
    const result = await changeAttention(client, to)
    if (!result.ok) showToast({ tone: 'bad', title: t('That was not saved'), text: explain(result.failure) })
  }
  const change = (to: Partial<Attention>) => void save(to)

  return (
    <div class="flex flex-col gap-9 md:gap-10">
      <Block title={t('What for')}>
        <Card>
          <div class="flex flex-col gap-5 px-4 py-5 sm:px-5">
            <Choice label={t('In rooms')} options={levels()} value={props.settings.notify.rooms} onChange={(rooms) => change({ notify: { ...props.settings.notify, rooms } })} />
            <Choice label={t('In direct messages and groups')} options={levels()} value={props.settings.notify.directs} onChange={(directs) => change({ notify: { ...props.settings.notify, directs } })} />
            <p class="text-meta text-muted">{t('Mentions are your name, @here, @room, answers to you, and threads that you follow.')}</p>
          </div>
        </Card>
      </Block>

      <Block title={t('How')}>
        <Card>
          <div class="flex flex-col gap-2 px-4 py-4 sm:px-5">
            <Checkbox checked={props.settings.desktop} onChange={(desktop) => change({ desktop })} hint={t('Shown by your system, while a page of Snug is open somewhere on this device.')}>
              {t('Notifications on the desktop')}
            </Checkbox>
            <Checkbox checked={props.settings.sounds} onChange={(sounds) => change({ sounds })} hint={t('Two notes for what is meant for you, one for the rest.')}>
              {t('Sounds')}
            </Checkbox>
            <Show when={!account().guest}>
              <Checkbox checked={props.settings.mail === 'missed'} onChange={(on) => change({ mail: on ? 'missed' : 'off' })} hint={t('Gathered in one mail, a while later, and not if you have read it by then.')}>
                {t('E-mail about what you missed')}
              </Checkbox>
            </Show>
          </div>
        </Card>
      </Block>

      <ThisDevice desktop={props.settings.desktop} sounds={props.settings.sounds} />

      <Block title={t('When not')}>
        <Card>
          <Snooze until={props.settings.snoozedUntil} onChange={(snoozedUntil) => change({ snoozedUntil })} />
          <Hours hours={props.settings.quietHours} onChange={(quietHours) => change({ quietHours })} />
        </Card>
      </Block>
    </div>
  )
}

const MINUTE = 60_000

function Snooze(props: { until: number; onChange(until: number): void }) {
  const [now, setNow] = createSignal(Date.now())
  const tick = setInterval(() => setNow(Date.now()), MINUTE / 4)
  onCleanup(() => clearInterval(tick))
  const snoozed = () => props.until > now()

  const [choosing, setChoosing] = createSignal(false)
  let place!: HTMLDivElement
  function begin(until: number) {
    setChoosing(false)
    setNow(Date.now())
    keepFocus()
    props.onChange(until)
  }
  const keepFocus = createFocusKeeper(snoozed, () => place)
  return (
    <Item
      title={<span role="status">{snoozed() ? t('Silent until {when}', { when: whenOf(props.until) }) : t('Silent for a while')}</span>}
      text={snoozed() ? t('What comes meanwhile waits in your inbox.') : t('Nothing rings or shows; what comes waits in your inbox.')}
      much
    >
      <div ref={place} class="contents">
        <Show
          when={snoozed()}
          fallback={
            <>
              <Button variant="outline" size="small" onClick={() => begin(Date.now() + 30 * MINUTE)}>{plural(30, '1 minute', '{count} minutes')}</Button>
              <Button variant="outline" size="small" onClick={() => begin(Date.now() + 120 * MINUTE)}>{plural(2, '1 hour', '{count} hours')}</Button>
              <Button variant="outline" size="small" onClick={() => begin(tomorrow())}>{t('Until tomorrow')}</Button>
              <Button variant="outline" size="small" aria-expanded={choosing()} onClick={() => setChoosing(!choosing())}>{t('Another time…')}</Button>
              <Show when={choosing()}><OwnMoment label={t('Silent until')} action={t('Be silent')} onChange={begin} /></Show>
            </>
          }
        >
          <Button variant="outline" onClick={() => begin(0)}>{t('End the silence')}</Button>
        </Show>
      </div>
    </Item>
  )
}

// Eight in the morning, when people are up again.
function tomorrow(): number {
  const day = new Date()
  day.setDate(day.getDate() + 1)
  return day.setHours(8, 0, 0, 0)
}

const dayAndTime = dates({ weekday: 'long', hour: 'numeric', minute: '2-digit' })

function whenOf(time: number): string {
  // A weekday may be that of any week.
  if (time - Date.now() > 6 * 24 * 60 * MINUTE) return momentOf(time)
  const today = new Date(time).toDateString() === new Date().toDateString()
  return today ? timeOf(time) : dayAndTime(time)
}

/** The week as the reader's language begins it: a Monday in most places. */
const week = [1, 2, 3, 4, 5, 6, 0] as const
const dayNames = { short: dates({ weekday: 'short', timeZone: 'UTC' }), long: dates({ weekday: 'long', timeZone: 'UTC' }) }
const dayName = (day: number, form: 'short' | 'long') => dayNames[form](Date.UTC(2024, 0, 7 + day))

function Hours(props: { hours: Attention['quietHours']; onChange(hours: Attention['quietHours']): void }) {
  const here = timezoneHere()
  const put = (to: Partial<Attention['quietHours']>) => props.onChange({ ...props.hours, ...to })
  return (
    <div class="flex flex-col gap-4 px-4 py-4 sm:px-5">
      <Checkbox checked={props.hours.on} onChange={(on) => put({ on, ...(on && { timezone: here }) })} hint={t('Silent at the same hours, every day that you choose.')}>
        {t('Quiet hours')}
      </Checkbox>
      <Show when={props.hours.on}>
        <div class="flex flex-col gap-4 sm:ps-7.5">
          <div class="grid max-w-72 grid-cols-2 gap-3">
            <Clock label={t('From@@a time of day')} value={props.hours.from} onChange={(from) => put({ from })} />
            <Clock label={t('To@@a time of day')} value={props.hours.to} onChange={(to) => put({ to })} />
          </div>
          <fieldset>
            <legend class="pb-1.5 text-meta font-medium">{t('Beginning on')}</legend>
            <div class="flex flex-wrap gap-1.5">
              <For each={week}>
                {(day) => (
                  <label
                    class={cn(
                      'relative grid h-9 min-w-11 place-items-center rounded-control border px-2 text-meta has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent pointer-coarse:h-11',
                      props.hours.days.includes(day) ? 'forced-border border-accent bg-accent-soft font-medium' : 'border-line text-muted hover:bg-ink/5',
                    )}
                  >
                    <input
                      type="checkbox"
                      class="sr-only"
                      aria-label={dayName(day, 'long')}
                      checked={props.hours.days.includes(day)}
                      onChange={(event) => put({ days: event.currentTarget.checked ? [...props.hours.days, day].sort() : props.hours.days.filter((d) => d !== day) })}
                    />
                    <span aria-hidden="true">{dayName(day, 'short')}</span>
                  </label>
                )}
              </For>
            </div>
          </fieldset>
          <p class="flex flex-wrap items-center gap-x-2 gap-y-1 text-meta text-muted">
            <span>{t('By the clocks of {place}.', { place: placeOf(props.hours.timezone) })}</span>
            <Show when={props.hours.timezone !== here}>
              <Button variant="link" size="inline" class="text-meta" onClick={() => put({ timezone: here })}>{t('Use those of {place}', { place: placeOf(here) })}</Button>
            </Show>
          </p>
        </div>
      </Show>
    </div>
  )
}

function Clock(props: { label: string; value: string; onChange(value: string): void }) {
  return (
    <label class="flex min-w-0 flex-col gap-1.5 text-meta font-medium">
      {props.label}
      <input
        type="time"
        required
        value={props.value}
        // Half a time is none.
        onChange={(event) => (event.currentTarget.value === '' ? (event.currentTarget.value = props.value) : props.onChange(event.currentTarget.value))}
        class="h-10 w-full min-w-0 rounded-control border border-line-strong/70 bg-surface px-2.5 text-body font-normal tabular-nums pointer-coarse:h-11 pointer-coarse:text-[1rem]"
      />
    </label>
  )
}

/** "Europe/Berlin" is a place in Berlin. */
function placeOf(timezone: string): string {
  return (timezone.split('/').at(-1) ?? timezone).replaceAll('_', ' ')
}
