import type { useRouter } from '@tanstack/solid-router'
import { createMemo, type Accessor } from 'solid-js'
import { shortcuts, type ShortcutId } from '~/keys/map'
import type { CommandEntry } from '~/switcher/entries'
import type { Live } from './live'

export interface CommandsOptions {
  live: Live
  router: ReturnType<typeof useRouter>
  onSearch(): void
  onAllRead(): void
}

/** What can be done from the switcher. */
export function createCommands({ live, router, onSearch, onAllRead }: CommandsOptions): Accessor<readonly CommandEntry[]> {
  const { theme } = live
  return createMemo(() => [
    command('inbox', 'Inbox', () => void router.navigate({ to: '/inbox' }), { also: ['mentions', 'replies', 'activity'], keys: 'inbox' }),
    command('write', 'Write to somebody', () => live.desk.ask({ what: 'write' }), { also: ['direct message', 'group', 'new'] }),
    command('make', 'Make a room', () => live.desk.ask({ what: 'make' }), { also: ['new', 'create', 'channel'] }),
    command('browse', 'Browse rooms', () => void router.navigate({ to: '/browse' }), { also: ['join', 'find', 'channels'] }),
    command('search', 'Search messages', onSearch, { also: ['find'], keys: 'search' }),
    command('allRead', 'Mark all rooms as read', onAllRead, { also: ['unread', 'clear'], keys: 'allRead' }),
    command('settings', 'Settings', () => void router.navigate({ to: '/account' }), { also: ['account', 'preferences', 'profile'] }),
    command('notifications', 'Notification settings', () => void router.navigate({ to: '/account/notifications' }), { also: ['quiet hours', 'sounds', 'push', 'do not disturb'] }),
    command('shortcuts', 'Keyboard shortcuts', () => live.open('shortcuts'), { also: ['keys', 'help'], keys: 'shortcuts' }),
    ...(theme.current() === 'light' ? [] : [command('light', 'Light theme', () => theme.choose('light'), { also: ['look', 'appearance'] })]),
    ...(theme.current() === 'dark' ? [] : [command('dark', 'Dark theme', () => theme.choose('dark'), { also: ['look', 'appearance'] })]),
    ...(theme.current() === 'system' ? [] : [command('system', 'Theme like the system', () => theme.choose('system'), { also: ['look', 'appearance', 'auto'] })]),
    theme.density() === 'compact'
      ? command('density', 'Roomy density', () => theme.chooseDensity('roomy'), { also: ['look', 'spacing'] })
      : command('density', 'Compact density', () => theme.chooseDensity('compact'), { also: ['look', 'spacing', 'dense'] }),
  ])
}

function command(key: string, label: string, act: () => void, more: { also?: readonly string[]; keys?: ShortcutId } = {}): CommandEntry {
  return { kind: 'command', key: `command ${key}`, label, act, ...(more.also && { also: more.also }), ...(more.keys && { chord: shortcuts[more.keys].chords[0] }) }
}
