import { createUniqueId, Show, type JSX } from 'solid-js'
import ChevronsUpDown from 'lucide-solid/icons/chevrons-up-down'
import { plural, t } from '~/i18n/i18n'
import { StateDot, StatusSign } from '~/people/state-dot'
import { Avatar } from '~/ui/avatar'
import { Deferred } from '~/ui/deferred'
import { useLive } from './live'

export interface AccountMenuProps {
  onSignedOut(): void
}

/** Who one is, the way to the account, the theme, and the way out. */
export function AccountMenu(props: AccountMenuProps) {
  return (
    <Deferred
      load={() => import('./account-menu-items')}
      with={props}
      button={(press) => <AccountButton aria-haspopup="true" {...press} />}
    />
  )
}

/** The button of the menu, for whatever makes it open. */
export function AccountButton(props: JSX.ButtonHTMLAttributes<HTMLButtonElement>) {
  const { account, presence, openReports } = useLive()
  const reports = createUniqueId()
  presence.watch(() => [account().id])
  const own = () => presence.of(account().id)
  return (
    <button
      type="button"
      {...props}
      class="flex min-h-11 w-full items-center gap-2.5 rounded-control p-1.5 text-start hover:bg-ink/5 data-expanded:bg-ink/6"
      aria-label={t('Account: {name}', { name: account().name })}
      aria-describedby={openReports() > 0 ? reports : undefined}
    >
      <span class="relative shrink-0">
        <Avatar userId={account().id} name={account().name} image={account().image} class="size-8" />
        <StateDot state={own()?.state} class="bg-sunken ring-sunken" />
      </span>
      <span class="min-w-0 truncate font-medium" dir="auto">{account().name}</span>
      <StatusSign status={own()?.status} />
      <OpenReports id={reports} count={openReports()} />
      <ChevronsUpDown class="ms-auto me-1 size-4 shrink-0 text-muted" aria-hidden="true" />
    </button>
  )
}

/** How many reports wait for somebody who moderates. */
export function OpenReports(props: { id?: string; count: number; class?: string }) {
  return (
    <Show when={props.count > 0}>
      <span id={props.id} class={`min-w-5 shrink-0 rounded-full bg-accent px-1.5 text-center text-day font-semibold text-on-accent tabular-nums ${props.class ?? ''}`}>
        <span aria-hidden="true">{props.count > 99 ? '99+' : props.count}</span>
        <span class="sr-only">{props.count > 99 ? t('99+ open reports') : plural(props.count, '1 open report', '{count} open reports')}</span>
      </span>
    </Show>
  )
}
