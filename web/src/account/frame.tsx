import { Link, Outlet, useRouter, useRouterState } from '@tanstack/solid-router'
import ChevronLeft from 'lucide-solid/icons/chevron-left'
import Bell from 'lucide-solid/icons/bell'
import ChevronRight from 'lucide-solid/icons/chevron-right'
import Download from 'lucide-solid/icons/download'
import House from 'lucide-solid/icons/house'
import KeyRound from 'lucide-solid/icons/key-round'
import MailPlus from 'lucide-solid/icons/mail-plus'
import MonitorSmartphone from 'lucide-solid/icons/monitor-smartphone'
import SquareTerminal from 'lucide-solid/icons/square-terminal'
import UserRound from 'lucide-solid/icons/user-round'
import { For, onCleanup, onMount, Show, type JSX } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import { useLive } from '~/app/live'
import { m, t } from '~/i18n/i18n'
import { may } from '~/permissions.gen'
import { useQuery } from '~/query'
import { Avatar } from '~/ui/avatar'
import { Badge } from '~/ui/badge'
import { buttonVariants } from '~/ui/button'
import { cn } from '~/ui/cn'
import { GuestBanner } from './guest-banner'
import type { Role } from '~/api.gen'
import { meQuery } from './me'

/** What all pages of the account stand in. */
export function AccountFrame() {
  const path = useRouterState({ select: (s) => s.location.pathname })
  const atList = () => /^\/account\/?$/.test(path())
  return (
    <main id="main" tabindex="-1" class="flex min-w-0 flex-1 outline-none">
      <div class={cn('min-h-0 flex-col overflow-y-auto scrollbar-calm md:flex md:w-60 md:shrink-0 md:border-e md:border-line', atList() ? 'flex flex-1 md:flex-none' : 'hidden')}>
        <Sections atList={atList()} />
      </div>
      <div class={cn('scrollbar-calm relative min-w-0 flex-1 flex-col overflow-y-auto md:flex', atList() ? 'hidden' : 'flex')}>
        <Outlet />
      </div>
    </main>
  )
}

interface Section {
  to: '/account/profile' | '/account/notifications' | '/account/sign-in' | '/account/devices' | '/account/tokens' | '/account/invitations' | '/account/place' | '/account/data'
  title: string
  text: string
  icon: (props: { class?: string; 'aria-hidden'?: 'true' }) => JSX.Element
  for?: (account: { guest: boolean }, role: Role | undefined) => boolean
}

const sections: readonly Section[] = [
  { to: '/account/profile', title: m('Profile'), text: m('Name, picture, e-mail'), icon: UserRound },
  { to: '/account/notifications', title: m('Notifications'), text: m('What you are told of, and when not'), icon: Bell },
  { to: '/account/sign-in', title: m('Ways to sign in'), text: m('Password, passkeys, two steps'), icon: KeyRound, for: (a) => !a.guest },
  { to: '/account/devices', title: m('Devices'), text: m('Where you are signed in'), icon: MonitorSmartphone },
  { to: '/account/tokens', title: m('API tokens'), text: m('For scripts and bots'), icon: SquareTerminal, for: (a) => !a.guest },
  { to: '/account/invitations', title: m('Invitations'), text: m('Links that let others in'), icon: MailPlus, for: (a) => !a.guest },
  { to: '/account/place', title: m('This place'), text: m('Its name, and what it is'), icon: House, for: (_, role) => may('name_server', role ?? 'guest', 'server') },
  { to: '/account/data', title: m('Your data'), text: m('Take it along, or leave'), icon: Download },
]

const roleWords: Partial<Record<Role, string>> = { owner: m('Owner'), admin: m('Admin'), moderator: m('Moderator'), guest: m('Guest') }

function Sections(props: { atList: boolean }) {
  const { account } = useLive()
  const me = useQuery(() => meQuery)
  const role = () => (me.isPending ? undefined : me.data?.role)
  const shown = () => sections.filter((s) => s.for?.(account(), role()) ?? true)
  return (
    <>
      <div class="flex h-14 shrink-0 items-center gap-1 border-b border-line px-2 sm:px-4 md:border-0 md:px-3">
        <Link to="/" class={cn(buttonVariants({ variant: 'quiet', size: 'icon' }), 'sm:hidden')} aria-label={t('Back to the rooms')}>
          <ChevronLeft class="size-5 mirrored" aria-hidden="true" />
        </Link>
        <Dynamic component={props.atList ? 'h1' : 'p'} tabindex="-1" class="outline-none text-title font-semibold tracking-tight md:px-2">
          {t('Account')}
        </Dynamic>
      </div>
      <div class="flex items-center gap-3.5 px-4 pt-5 pb-4 sm:px-6 md:px-5 md:pt-2">
        <Avatar userId={account().id} name={account().name} image={account().image} class="size-14 text-title md:size-10 md:text-meta" />
        <div class="min-w-0">
          <p class="flex min-w-0 items-center gap-2">
            <span class="truncate font-medium" dir="auto">{account().name}</span>
            <Show when={roleWords[role() ?? 'member']}>{(word) => <Badge>{t(word())}</Badge>}</Show>
          </p>
          <Show when={!account().guest}>
            <p class="truncate text-meta text-muted">{account().email}</p>
          </Show>
        </div>
      </div>
      <Show when={props.atList}>
        <GuestBanner class="mx-4 mb-4 sm:mx-6 md:hidden" />
      </Show>
      <nav aria-label={t('Account')} class="px-2 pb-6 sm:px-4 md:px-3">
        <ul class="flex flex-col gap-px">
          <For each={shown()}>
            {(section) => (
              <li>
                <Link
                  to={section.to}
                  class="flex min-h-15 items-center gap-3.5 rounded-control px-2.5 md:min-h-9 md:gap-2.5 md:px-2 pointer-coarse:md:min-h-11"
                  activeProps={{ class: 'forced-border bg-ink/7 font-medium' }}
                  inactiveProps={{ class: 'hover:bg-ink/5 md:text-muted' }}
                >
                  <Dynamic component={section.icon} class="size-5 shrink-0 text-muted md:size-4" aria-hidden="true" />
                  <span class="min-w-0 flex-1">
                    <span class="block truncate text-body">{t(section.title)}</span>
                    <span class="block truncate text-meta text-muted md:hidden">{t(section.text)}</span>
                  </span>
                  <ChevronRight class="size-4 shrink-0 text-muted md:hidden rtl:rotate-180" aria-hidden="true" />
                </Link>
              </li>
            )}
          </For>
        </ul>
      </nav>
    </>
  )
}

/** The list of the pages by itself, as on a phone; a window that grows shows the first of them. */
export function AccountIndex() {
  const router = useRouter()
  const wide = matchMedia('(min-width: 56.25rem)')
  const grow = () => void (wide.matches && router.navigate({ to: '/account/profile', replace: true }))
  onMount(() => {
    document.title = t('{title} · Snug', { title: t('Account') })
    wide.addEventListener('change', grow)
    onCleanup(() => wide.removeEventListener('change', grow))
  })
  return null
}
