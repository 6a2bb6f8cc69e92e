import { useQueryClient } from '@tanstack/solid-query'
import { Outlet, useRouter, useRouterState } from '@tanstack/solid-router'
import ArrowDownUp from 'lucide-solid/icons/arrow-down-up'
import Plus from 'lucide-solid/icons/plus'
import { Match, onCleanup, Show, Switch, type JSX } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import { sessionQuery, setSession, type Account } from '~/auth/session'
import { t } from '~/i18n/i18n'
import { Mark } from '~/mark'
import { onDemand } from '~/on-demand'
import { Notice } from '~/notice'
import { useQuery } from '~/query'
import { serverName } from '~/server-name'
import { Button, buttonVariants } from '~/ui/button'
import { cn } from '~/ui/cn'
import { takeFocus } from '~/ui/focus-keeper'
import { toaster } from '~/ui/toast'
import { AccountMenu } from './account-menu'
import { BackgroundLater } from './background-later'
import { LiveProvider, useLive } from './live'
import { SideList } from './side-list'
import { nameTitles } from './titles'
import { Wayfinding } from './wayfinding'

const asking = onDemand(() => import('~/rooms/asked'))

/** The frame around the rooms, for someone who is signed in. */
export function Shell(props: { account: Account }) {
  const client = useQueryClient()
  const router = useRouter()
  nameTitles()

  // What changes of the account later is in the cache; nothing is fetched here.
  const session = useQuery(() => ({ ...sessionQuery, enabled: false }))
  const account = () => session.data ?? props.account

  // Signed out here, in another tab, or by the server: the same way out.
  function leave(keepPlace: boolean) {
    const { href, pathname } = router.latestLocation
    if (!pathname.startsWith('/sign-') && pathname !== '/delete-account') {
      setSession(client, null)
      void router.navigate({ to: '/sign-in', search: keepPlace ? { redirect: href } : {} })
    }
  }

  return (
    <Show when={account().id} keyed>
      <LiveProvider account={account()} onSignedOut={() => leave(true)}>
        <Frame onSignedOut={() => leave(false)} />
        <BackgroundLater />
        <Dynamic component={toaster()?.Toaster} />
      </LiveProvider>
    </Show>
  )
}

function Frame(props: { onSignedOut(): void }) {
  createArriving()
  const { state, desk } = useLive()
  const inRoom = useRouterState({ select: (s) => /^\/rooms\/./.test(s.location.pathname) })
  const ended = () => {
    const s = state()
    return s.status === 'ended' ? s.reason : undefined
  }
  return (
    <Switch
      fallback={
        <div class="relative flex h-dvh">
          <a
            href="#main"
            class={cn(buttonVariants({ size: 'small' }), 'absolute start-3 top-3.5 z-10 not-focus:sr-only')}
            onClick={(event) => {
              // A fragment would become a part of the address.
              event.preventDefault()
              // A room that isn't there has nowhere to write.
              const target = document.getElementById('composer') ?? document.getElementById('main')
              target?.focus()
            }}
          >
            {inRoom() ? t('Skip to writing') : t('Skip to the page')}
          </a>
          <Sidebar onSignedOut={props.onSignedOut} />
          <Outlet />
          <Show when={desk.asked() && asking()}>{(part) => <Dynamic component={part().Asked} />}</Show>
        </div>
      }
    >
      <Match when={ended() === 'banned'}>
        <Ended title={t("You can't be here any more")} text={t('Your account was shut out of this server. If you think that is a mistake, ask whoever runs it.')} />
      </Match>
      <Match when={ended() === 'outdated'}>
        <Ended title={t('There is a newer Snug')} text={t('The server was updated while this page was open. What you wrote is kept.')}>
          <Button onClick={() => location.reload()}>{t('Reload')}</Button>
        </Ended>
      </Match>
    </Switch>
  )
}

// It comes in the place of everything, whatever one was at.
function Ended(props: { title: string; text: string; children?: JSX.Element }) {
  return (
    <div class="contents" role="alert">
      <Notice {...props} ref={(heading) => queueMicrotask(() => takeFocus(heading))} />
    </div>
  )
}

// What was pressed to come to a page may be gone with the last one, and the focus with it:
// it goes to the page's heading, and on a phone's list of rooms to the one that was left.
// Who has just come to the site is left where browsers begin.
function createArriving() {
  const router = useRouter()
  onCleanup(
    router.subscribe('onResolved', ({ fromLocation, pathChanged }) => {
      if (!fromLocation || !pathChanged) return
      const links = router.state.location.pathname === '/rooms' ? document.querySelectorAll<HTMLElement>('aside [href]') : []
      const to = [...links].find((a) => a.getAttribute('href') === fromLocation.pathname) ?? document.querySelector<HTMLElement>('#main h1')
      if (to) takeFocus(to)
    }),
  )
}

function Sidebar(props: { onSignedOut(): void }) {
  const { desk } = useLive()
  // A phone shows one column at a time: the rooms, or one of them.
  const alone = useRouterState({ select: (s) => s.location.pathname.replace(/\/$/, '') === '/rooms' })
  return (
    <aside aria-label={t('Rooms and account')} class="w-66 shrink-0 flex-col border-e border-line bg-sunken max-sm:w-full max-sm:border-e-0 sm:flex" classList={{ 'max-sm:hidden': !alone(), flex: alone() }}>
      <div class="flex h-14 shrink-0 items-center gap-2.5 ps-4 pe-2">
        <Mark />
        <span class="line-clamp-2 min-w-0 flex-1 text-title leading-5 font-semibold tracking-tight wrap-anywhere" dir="auto" title={serverName()}>{serverName()}</span>
        <SideButton label={t('Order of the rooms')} onPress={(anchor) => desk.ask({ what: 'order', anchor })}>
          <ArrowDownUp class="size-4" aria-hidden="true" />
        </SideButton>
        <SideButton label={t('Add')} onPress={(anchor) => desk.ask({ what: 'add', anchor })}>
          <Plus class="size-4.5" aria-hidden="true" />
        </SideButton>
      </div>
      <Wayfinding />
      <SideList />
      <div class="border-t border-line p-2">
        <AccountMenu onSignedOut={props.onSignedOut} />
      </div>
    </aside>
  )
}

function SideButton(props: { label: string; onPress(button: Element): void; children: JSX.Element }) {
  return (
    <button
      type="button"
      class={`${buttonVariants({ variant: 'quiet', size: 'icon' })} -me-1.5 text-muted last:me-0`}
      aria-label={props.label}
      title={props.label}
      aria-haspopup="menu"
      onPointerEnter={() => void asking.load().catch(() => {})}
      onClick={(event) => props.onPress(event.currentTarget)}
    >
      {props.children}
    </button>
  )
}
