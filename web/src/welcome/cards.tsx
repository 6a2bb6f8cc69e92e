import { useQueryClient } from '@tanstack/solid-query'
import { Link } from '@tanstack/solid-router'
import X from 'lucide-solid/icons/x'
import { createUniqueId, onCleanup, Show, type JSX } from 'solid-js'
import { useLive } from '~/app/live'
import { explain, type Result } from '~/http'
import { t } from '~/i18n/i18n'
import { T } from '~/i18n/t'
import { useQuery } from '~/query'
import type { Greeting } from '~/realtime/wire.gen'
import { serverDescription, serverName } from '~/server-name'
import { Button, buttonVariants } from '~/ui/button'
import { showToast } from '~/ui/toast'
import { beGreeted, greetingQuery, noteSetup } from './calls'

/** Stands above the messages until it is put away. Where a keyboard leaves no place it makes way. */
function Card(props: { title: string; text: JSX.Element; away: string; onAway(): void; children: JSX.Element }) {
  const id = createUniqueId()
  return (
    <section
      aria-labelledby={id}
      class="relative mx-3 mt-3 flex shrink-0 animate-fade-in flex-col gap-3 rounded-card border border-line bg-accent-soft/60 px-4 py-3.5 sm:mx-5 sm:max-w-[47.5rem] sm:px-5 sm:py-4 [@media(max-height:30rem)]:hidden"
    >
      <div class="min-w-0 pe-9">
        <h2 id={id} class="text-title font-semibold tracking-tight wrap-anywhere" dir="auto">{props.title}</h2>
        <div class="mt-0.5 text-body text-muted wrap-anywhere">{props.text}</div>
      </div>
      <div class="flex flex-wrap items-center gap-2">{props.children}</div>
      <button
        type="button"
        class={`${buttonVariants({ variant: 'quiet', size: 'icon' })} absolute end-1.5 top-1.5 text-muted`}
        aria-label={props.away}
        title={props.away}
        onClick={() => props.onAway()}
      >
        <X class="size-4.5" aria-hidden="true" />
      </button>
    </section>
  )
}

/** Puts a greeting away for good. Who asked for it is told if that fails, and the focus goes to where one writes. */
export function createAway(send: () => Promise<Result<true>>, change: (g: Greeting) => Greeting) {
  const client = useQueryClient()
  let sending = 0
  return async (asked = true) => {
    if (!asked && sending > 0) return
    sending++
    const result = await send()
    sending--
    if (!result.ok) {
      if (asked) showToast({ tone: 'bad', title: t('It comes back the next time'), text: explain(result.failure) })
      return
    }
    if (asked) document.getElementById('composer')?.focus()
    client.setQueryData(greetingQuery.queryKey, (g) => g && change(g))
  }
}

/** For an owner who has not set up the server yet. */
export function SetupCard() {
  const live = useLive()
  const away = createAway(() => noteSetup('done'), (g) => ({ ...g, setup: 'done' }))
  return (
    <Show when={live.opened() !== 'setup'}>
      <Card
        title={t('This place is yours')}
        text={t('A name, its first rooms, and people: it takes two minutes.')}
        away={t("Don't show this again")}
        onAway={() => void away()}
      >
        <Button onClick={() => live.open('setup')}>{t('Set it up')}</Button>
      </Card>
    </Show>
  )
}

/** For somebody who has just come: what this is, and what to do first. */
export function NewcomerCard() {
  const live = useLive()
  const greeting = useQuery(() => ({ ...greetingQuery, enabled: false }))
  const away = createAway(beGreeted, (g) => ({ ...g, newcomer: false }))
  // Who has said something knows how.
  onCleanup(live.connection.subscribe({ onFrame: (frame) => frame.type === 'ack' && void away(false) }))
  return (
    <Card
      title={t('Welcome to {place}', { place: serverName() })}
      text={
        <>
          <Show when={serverDescription()}>{(line) => <p dir="auto">{line()}</p>}</Show>
          <p>
            <Show when={greeting.data?.invitedBy} fallback={t('Good to have you here. Say hello, or look around first.')}>
              {(by) => <T text="{who} invited you. Say hello, or look around first." who={<strong class="font-medium text-ink" dir="auto">{by().userName}</strong>} />}
            </Show>
          </p>
        </>
      }
      away={t("Don't show this again")}
      onAway={() => void away()}
    >
      <Button onClick={() => document.getElementById('composer')?.focus()}>{t('Say hello')}</Button>
      <Link to="/browse" class={buttonVariants({ variant: 'outline' })}>{t('Browse rooms')}</Link>
      <Show when={!live.account().guest && !live.account().image}>
        <Link to="/account/profile" class={buttonVariants({ variant: 'outline' })}>{t('Set a picture')}</Link>
      </Show>
    </Card>
  )
}
