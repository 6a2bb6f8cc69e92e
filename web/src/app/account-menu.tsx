import { useRouter } from '@tanstack/solid-router'
import ChevronsUpDown from 'lucide-solid/icons/chevrons-up-down'
import LogOut from 'lucide-solid/icons/log-out'
import Monitor from 'lucide-solid/icons/monitor'
import Moon from 'lucide-solid/icons/moon'
import Sun from 'lucide-solid/icons/sun'
import UserRound from 'lucide-solid/icons/user-round'
import UserRoundPlus from 'lucide-solid/icons/user-round-plus'
import { Show } from 'solid-js'
import { signOut } from '~/auth/session'
import { explain } from '~/http'
import type { Theme } from '~/theme'
import { Avatar } from '~/ui/avatar'
import {
  DropdownMenu, DropdownMenuContent, DropdownMenuGroup, DropdownMenuGroupLabel, DropdownMenuItem, DropdownMenuRadioGroup,
  DropdownMenuRadioItem, DropdownMenuSeparator, DropdownMenuTrigger,
} from '~/ui/dropdown-menu'
import { showToast } from '~/ui/toast'
import { useLive } from './live'

/** Who one is, the way to the account, the theme, and the way out. */
export function AccountMenu(props: { compact?: boolean; onSignedOut(): void }) {
  const { account, theme } = useLive()
  const router = useRouter()

  async function leave() {
    const result = await signOut()
    if (result.ok) props.onSignedOut()
    else showToast({ tone: 'bad', title: 'You are still signed in', text: explain(result.failure) })
  }

  return (
    <DropdownMenu modal={false} gutter={6} placement={props.compact ? 'bottom-end' : 'top-start'}>
      <DropdownMenuTrigger
        class={
          props.compact
            ? 'grid size-9 shrink-0 place-items-center rounded-full pointer-coarse:size-11'
            : 'flex min-h-11 w-full items-center gap-2.5 rounded-control p-1.5 text-start hover:bg-ink/5 data-expanded:bg-ink/6'
        }
        aria-label={`Account: ${account().name}`}
      >
        <Avatar userId={account().id} name={account().name} image={account().image} class="size-8" />
        <Show when={!props.compact}>
          <span class="min-w-0 flex-1 truncate font-medium" dir="auto">{account().name}</span>
          <ChevronsUpDown class="me-1 size-4 shrink-0 text-muted" aria-hidden="true" />
        </Show>
      </DropdownMenuTrigger>
      <DropdownMenuContent>
        <div class="flex flex-col px-2 py-1.5">
          <span class="truncate font-medium" dir="auto">{account().name}</span>
          <span class="truncate text-meta text-muted">{account().guest ? 'Guest' : account().email}</span>
        </div>
        <DropdownMenuSeparator />
        <Show when={account().guest}>
          <DropdownMenuItem onSelect={() => void router.navigate({ to: '/sign-up' })}>
            <UserRoundPlus class="size-4 text-muted" aria-hidden="true" />
            Make an account
          </DropdownMenuItem>
        </Show>
        <DropdownMenuItem onSelect={() => void router.navigate({ to: '/account' })}>
          <UserRound class="size-4 text-muted" aria-hidden="true" />
          Account
        </DropdownMenuItem>
        <DropdownMenuSeparator />
        <DropdownMenuGroup>
          <DropdownMenuGroupLabel>Theme</DropdownMenuGroupLabel>
          <DropdownMenuRadioGroup value={theme.current()} onChange={(value) => theme.choose(asTheme(value))}>
            <DropdownMenuRadioItem value="light">
              <Sun class="size-4 text-muted" aria-hidden="true" />
              Light
            </DropdownMenuRadioItem>
            <DropdownMenuRadioItem value="dark">
              <Moon class="size-4 text-muted" aria-hidden="true" />
              Dark
            </DropdownMenuRadioItem>
            <DropdownMenuRadioItem value="system">
              <Monitor class="size-4 text-muted" aria-hidden="true" />
              Like the system
            </DropdownMenuRadioItem>
          </DropdownMenuRadioGroup>
        </DropdownMenuGroup>
        <DropdownMenuSeparator />
        <DropdownMenuItem onSelect={() => void leave()}>
          <LogOut class="size-4 text-muted" aria-hidden="true" />
          Sign out
        </DropdownMenuItem>
      </DropdownMenuContent>
    </DropdownMenu>
  )
}

function asTheme(value: string): Theme {
  return value === 'light' || value === 'dark' ? value : 'system'
}
