import { useRouter } from '@tanstack/solid-router'
import Flag from 'lucide-solid/icons/flag'
import Keyboard from 'lucide-solid/icons/keyboard'
import LogOut from 'lucide-solid/icons/log-out'
import Shield from 'lucide-solid/icons/shield'
import Monitor from 'lucide-solid/icons/monitor'
import Moon from 'lucide-solid/icons/moon'
import Rows2 from 'lucide-solid/icons/rows-2'
import Rows4 from 'lucide-solid/icons/rows-4'
import Smile from 'lucide-solid/icons/face-slightly-smiling'
import Sun from 'lucide-solid/icons/sun'
import UserRound from 'lucide-solid/icons/user-round'
import UserRoundPlus from 'lucide-solid/icons/user-round-plus'
import { For, Show } from 'solid-js'
import { may } from '~/permissions.gen'
import { useQuery } from '~/query'
import { meQuery } from '~/account/me'
import { signOut } from '~/auth/session'
import { explain } from '~/http'
import { chooseLanguage, languageCodes } from '~/i18n/choose'
import { t } from '~/i18n/i18n'
import { chosenLanguage } from '~/i18n/language'
import { languages } from '~/i18n/languages'
import type { Theme } from '~/theme'
import {
  DropdownMenu, DropdownMenuContent, DropdownMenuGroup, DropdownMenuGroupLabel, DropdownMenuItem, DropdownMenuRadioGroup,
  DropdownMenuRadioItem, DropdownMenuSeparator, DropdownMenuTrigger,
} from '~/ui/dropdown-menu'
import { showToast } from '~/ui/toast'
import { greetingQuery } from '~/welcome/calls'
import { AccountButton, OpenReports, type AccountMenuProps } from './account-menu'
import { useLive } from './live'

/** The account menu, with its button. */
export default function AccountMenuItems(props: AccountMenuProps & { defaultOpen: boolean }) {
  const { account, theme, open, rooms, desk, presence, openReports } = useLive()
  const own = () => presence.of(account().id)
  let place!: HTMLDivElement
  const router = useRouter()
  const me = useQuery(() => meQuery)
  // The page asks for it once; nothing is fetched here.
  const greeting = useQuery(() => ({ ...greetingQuery, enabled: false }))
  const moderates = () =>
    (!me.isPending && me.data !== undefined && may('see_reports', me.data.role, 'server')) || rooms.rooms().some((r) => may('see_reports', r.role, r.kind))

  // Who opened it by a key, which it came too late to hear, is at its first item.
  let byKey = props.defaultOpen && (document.activeElement?.matches(':focus-visible') ?? false)
  function begin(event: Event) {
    const { target } = event
    if (!byKey || !(target instanceof Element)) return
    byKey = false
    event.preventDefault()
    // As late as the menu would take the focus itself.
    setTimeout(() => target.querySelector<HTMLElement>('[role=menuitem]')?.focus())
  }

  async function leave() {
    const result = await signOut()
    if (result.ok) props.onSignedOut()
    else showToast({ tone: 'bad', title: t('You are still signed in'), text: explain(result.failure) })
  }

  return (
    <div ref={place} class="contents">
      <DropdownMenu defaultOpen={props.defaultOpen} modal={false} gutter={6} placement="top-start">
        <DropdownMenuTrigger as={AccountButton} />
        <DropdownMenuContent class="max-h-(--kb-popper-content-available-height) overflow-y-auto" onOpenAutoFocus={begin} onCloseAutoFocus={(event: Event) => desk.asked() && event.preventDefault()}>
          <div class="flex flex-col px-2 py-1.5">
            <span class="truncate font-medium" dir="auto">{account().name}</span>
            <span class="truncate text-meta text-muted">{account().guest ? t('Guest') : account().email}</span>
          </div>
          <DropdownMenuSeparator />
          <Show when={account().guest}>
            <DropdownMenuItem onSelect={() => void router.navigate({ to: '/sign-up' })}>
              <UserRoundPlus class="size-4 text-muted" aria-hidden="true" />
              {t('Make an account')}
            </DropdownMenuItem>
          </Show>
          <DropdownMenuItem
            onSelect={() => {
              // The focus comes back to what is still there then.
              place.querySelector('button')?.focus()
              desk.ask({ what: 'status' })
            }}
          >
            <Show when={own()?.status} fallback={<><Smile class="size-4 text-muted" aria-hidden="true" />{t('Set a status')}</>}>
              {(status) => (
                <>
                  <span class="w-4 font-emoji" aria-hidden="true">{status().emoji || '💬'}</span>
                  <span class="sr-only">{t('Your status:')} </span>
                  <span class="max-w-48 truncate" dir="auto">{status().text || status().emoji}</span>
                </>
              )}
            </Show>
            <Show when={own()?.state === 'dnd'}><span class="ms-auto text-meta text-muted">{t('Do not disturb')}</span></Show>
          </DropdownMenuItem>
          <DropdownMenuItem onSelect={() => void router.navigate({ to: '/account' })}>
            <UserRound class="size-4 text-muted" aria-hidden="true" />
            {t('Account')}
          </DropdownMenuItem>
          <Show when={greeting.data && greeting.data.setup !== 'done'}>
            <DropdownMenuItem
              onSelect={() => {
                place.querySelector('button')?.focus()
                open('setup')
              }}
            >
              <Flag class="size-4 text-muted" aria-hidden="true" />
              {t('Set up this place')}
            </DropdownMenuItem>
          </Show>
          <Show when={moderates()}>
            <DropdownMenuItem onSelect={() => void router.navigate({ to: '/moderation' })}>
              <Shield class="size-4 text-muted" aria-hidden="true" />
              {t('Moderation')}
              <OpenReports count={openReports()} class="ms-auto" />
            </DropdownMenuItem>
          </Show>
          <DropdownMenuSeparator />
          <DropdownMenuGroup>
            <DropdownMenuGroupLabel>{t('Theme')}</DropdownMenuGroupLabel>
            <DropdownMenuRadioGroup value={theme.current()} onChange={(value) => theme.choose(asTheme(value))}>
              <DropdownMenuRadioItem value="light">
                <Sun class="size-4 text-muted" aria-hidden="true" />
                {t('Light@@the theme')}
              </DropdownMenuRadioItem>
              <DropdownMenuRadioItem value="dark">
                <Moon class="size-4 text-muted" aria-hidden="true" />
                {t('Dark@@the theme')}
              </DropdownMenuRadioItem>
              <DropdownMenuRadioItem value="system">
                <Monitor class="size-4 text-muted" aria-hidden="true" />
                {t('Like the system')}
              </DropdownMenuRadioItem>
            </DropdownMenuRadioGroup>
          </DropdownMenuGroup>
          <DropdownMenuSeparator />
          <DropdownMenuGroup>
            <DropdownMenuGroupLabel>{t('Density')}</DropdownMenuGroupLabel>
            <DropdownMenuRadioGroup value={theme.density()} onChange={(value) => theme.chooseDensity(value === 'compact' ? 'compact' : 'roomy')}>
              <DropdownMenuRadioItem value="roomy">
                <Rows2 class="size-4 text-muted" aria-hidden="true" />
                {t('Roomy')}
              </DropdownMenuRadioItem>
              <DropdownMenuRadioItem value="compact">
                <Rows4 class="size-4 text-muted" aria-hidden="true" />
                {t('Compact')}
              </DropdownMenuRadioItem>
            </DropdownMenuRadioGroup>
          </DropdownMenuGroup>
          <DropdownMenuSeparator />
          <DropdownMenuGroup>
            <DropdownMenuGroupLabel>{t('Language')}</DropdownMenuGroupLabel>
            <DropdownMenuRadioGroup
              class="grid grid-cols-2"
              value={chosenLanguage() ?? ''}
              onChange={(value) => chooseLanguage(languageCodes.find((code) => code === value) ?? null)}
            >
              <DropdownMenuRadioItem value="">{t('Automatic')}</DropdownMenuRadioItem>
              <For each={languageCodes}>
                {(code) => <DropdownMenuRadioItem value={code} lang={code}>{languages[code].name}</DropdownMenuRadioItem>}
              </For>
            </DropdownMenuRadioGroup>
          </DropdownMenuGroup>
          <DropdownMenuSeparator />
          <DropdownMenuItem onSelect={() => open('shortcuts')}>
            <Keyboard class="size-4 text-muted" aria-hidden="true" />
            {t('Keyboard shortcuts')}
          </DropdownMenuItem>
          <DropdownMenuItem onSelect={() => void leave()}>
            <LogOut class="size-4 text-muted" aria-hidden="true" />
            {t('Sign out')}
          </DropdownMenuItem>
        </DropdownMenuContent>
      </DropdownMenu>
    </div>
  )
}

function asTheme(value: string): Theme {
  return value === 'light' || value === 'dark' ? value : 'system'
}
