import { useQueryClient } from '@tanstack/solid-query'
import { useRouter } from '@tanstack/solid-router'
import Laptop from 'lucide-solid/icons/laptop'
import Smartphone from 'lucide-solid/icons/smartphone'
import Tablet from 'lucide-solid/icons/tablet'
import Terminal from 'lucide-solid/icons/terminal'
import { createSignal, onCleanup, Show, type Accessor } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import { optionsQuery } from '~/auth/options'
import { setSession } from '~/auth/session'
import { t } from '~/i18n/i18n'
import { useQuery } from '~/query'
import { Badge } from '~/ui/badge'
import { Button } from '~/ui/button'
import { Skeleton } from '~/ui/skeleton'
import { showToast } from '~/ui/toast'
import { createAction } from './action'
import { deviceOf, type Shape } from './agents'
import { Confirm } from './modal'
import { Act, Block, Card, Fault, Item, Keyed, Loaded, Page, Sign } from './parts'
import { revokeAllSessions, revokeOtherSessions, revokeSession, sessionsQuery, type Session } from './sessions'
import { ago, date, exactly } from './times'

const pictures: Record<Shape, typeof Laptop> = { computer: Laptop, phone: Smartphone, tablet: Tablet, program: Terminal }

/** Where one is signed in, and the ways to end that. */
export function DevicesPage() {
  const sessions = useQuery(() => sessionsQuery)
  return (
    <Page title={t('Devices')} lead={t("If there is one that you don't know, sign it out, then change your password.")}>
      <Loaded query={sessions} loading={t('Loading your devices')} failed={t("Your devices couldn't be loaded")} skeleton={<Waiting />}>
        {(list) => <Devices sessions={list} />}
      </Loaded>
    </Page>
  )
}

function Waiting() {
  return (
    <div class="flex flex-col gap-4">
      <Skeleton class="h-48 w-full rounded-card" />
    </div>
  )
}

/** What is ended by one press: all other sessions, or all. */
interface Sweep {
  what: 'others' | 'all'
}

function Devices(props: { sessions: Accessor<readonly Session[]> }) {
  const client = useQueryClient()
  const router = useRouter()
  const options = useQuery(() => optionsQuery)
  const [sweep, setSweep] = createSignal<Sweep | null>(null)
  const now = createNow()
  const others = () => props.sessions().filter((s) => !s.current).length
  const refresh = () => client.invalidateQueries({ queryKey: sessionsQuery.queryKey })

  const end = createAction(
    async ({ what }: Sweep) => {
      const result = what === 'all' ? await revokeAllSessions() : await revokeOtherSessions()
      if (result.ok && what === 'others') await refresh()
      return result
    },
    {
      done(_, { what }) {
        if (what === 'others') return showToast({ title: t('Your other devices are signed out') })
        setSession(client, null)
        void router.navigate({ to: '/sign-in', search: {} })
      },
    },
  )

  const nameOf = (method: string) => (options.isPending ? undefined : options.data?.providers.find((p) => p.id === method)?.name)

  return (
    <div class="flex flex-col gap-9 md:gap-10">
      <Block
        title={t('Where you are signed in')}
        action={
          <Show when={others() > 0}>
            <Button variant="outline" onClick={() => setSweep({ what: 'others' })}>{t('Sign out all others')}</Button>
          </Show>
        }
      >
        <Card>
          <Keyed each={props.sessions()}>
            {(session) => <DeviceItem session={session()} now={now()} provider={nameOf(session().method)} onEnded={refresh} />}
          </Keyed>
        </Card>
      </Block>
      <Block title={t('All at once')}>
        <Card>
          <Item title={t('Sign out everywhere')} text={t('Ends all of them, this one too. Then you sign in anew.')}>
            <Button variant="outline" class="text-bad" onClick={() => setSweep({ what: 'all' })}>{t('Sign out everywhere')}</Button>
          </Item>
        </Card>
      </Block>
      <Confirm
        target={sweep()}
        onClose={() => setSweep(null)}
        title={({ what }) => (what === 'all' ? t('Sign out everywhere?') : t('Sign out all other devices?'))}
        text={({ what }) =>
          what === 'all' ? t('All devices are signed out, this one too. What waits to be sent here is kept.') : t('This device stays signed in. API tokens keep working.')
        }
        label={t('Sign out')}
        busyLabel={t('Signing out…')}
        action={end}
      />
    </div>
  )
}

function DeviceItem(props: { session: Session; now: number; provider: string | undefined; onEnded: () => Promise<void> }) {
  const device = () => deviceOf(props.session.userAgent)
  const end = createAction(
    async () => {
      const result = await revokeSession(props.session.token)
      if (result.ok) await props.onEnded()
      return result
    },
    { done: () => showToast({ title: t('{device} is signed out', { device: device().name }) }) },
  )
  const seen = () => (props.session.active || props.session.current ? t('Active now') : t('Last seen {when}', { when: ago(props.session.seenAt, props.now) }))
  return (
    <>
      <Item
        much
        lead={<Sign><Dynamic component={pictures[device().shape]} class="size-4.5" aria-hidden="true" /></Sign>}
        title={
          <>
            {device().name}
            <Show when={props.session.current}>
              <Badge tone="accent">{t('This device')}</Badge>
            </Show>
          </>
        }
        text={
          <>
            <span title={exactly(props.session.seenAt)}>{seen()}</span>
            <Show when={props.session.place || props.session.address}>
              {(where) => <> · <span dir="auto" title={props.session.address}>{t(where())}</span></>}
            </Show>
            <br />
            {signedInWords(date(props.session.createdAt, props.now), props.session.method, props.provider)}
          </>
        }
      >
        <Show when={!props.session.current}>
          <Act action={end} variant="outline" label={t('Sign out')} busyLabel={t('Signing out…')} named={t('Sign out {device}', { device: device().name })} onClick={() => void endAndKeepPlace(end)} />
        </Show>
      </Item>
      <Show when={end.message()}>
        <Fault action={end} class="p-3" />
      </Show>
    </>
  )
}

/** The button goes with its row: the focus goes to the heading above. */
async function endAndKeepPlace(end: { run(): Promise<boolean> }) {
  const button = document.activeElement
  const heading = button?.closest('section')?.querySelector('h2')
  await end.run()
  if (button && !button.isConnected) heading?.focus()
}

/** "Signed in 3 March with Google", or without the way where that isn't known. */
export function signedInWords(day: string, method: string, provider: string | undefined): string {
  if (provider) return t('Signed in {date} with {provider}', { date: day, provider })
  if (method === 'email') return t('Signed in {date} with your password', { date: day })
  if (method === 'passkey') return t('Signed in {date} with a passkey', { date: day })
  if (method === 'magic-link') return t('Signed in {date} by a link in a mail', { date: day })
  if (method === 'anonymous') return t('Signed in {date} as a guest', { date: day })
  return t('Signed in {date}', { date: day })
}

function createNow(): Accessor<number> {
  const [now, setNow] = createSignal(Date.now())
  const timer = setInterval(() => setNow(Date.now()), 30_000)
  onCleanup(() => clearInterval(timer))
  return now
}
