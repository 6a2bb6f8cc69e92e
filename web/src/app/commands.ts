import type { useRouter } from '@tanstack/solid-router'
import { createMemo, type Accessor } from 'solid-js'
import { chooseLanguage, languageCodes } from '~/i18n/choose'
import { m, t } from '~/i18n/i18n'
import { chosenLanguage } from '~/i18n/language'
import { languages } from '~/i18n/languages'
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
    command('inbox', t('Inbox'), () => void router.navigate({ to: '/inbox' }), { also: m('mentions, replies, activity'), keys: 'inbox' }),
    command('write', t('Write to somebody'), () => live.desk.ask({ what: 'write' }), { also: m('direct message, group, new') }),
    command('make', t('Make a room'), () => live.desk.ask({ what: 'make' }), { also: m('new, create, channel') }),
    command('browse', t('Browse rooms'), () => void router.navigate({ to: '/browse' }), { also: m('join, find, channels') }),
    command('search', t('Search messages'), onSearch, { also: m('find'), keys: 'search' }),
    command('allRead', t('Mark all rooms as read'), onAllRead, { also: m('unread, clear'), keys: 'allRead' }),
    command('settings', t('Settings'), () => void router.navigate({ to: '/account' }), { also: m('account, preferences, profile') }),
    command('notifications', t('Notification settings'), () => void router.navigate({ to: '/account/notifications' }), { also: m('quiet hours, sounds, push, do not disturb') }),
    command('shortcuts', t('Keyboard shortcuts'), () => live.open('shortcuts'), { also: m('keys, help'), keys: 'shortcuts' }),
    ...(theme.current() === 'light' ? [] : [command('light', t('Light theme'), () => theme.choose('light'), { also: m('look, appearance') })]),
    ...(theme.current() === 'dark' ? [] : [command('dark', t('Dark theme'), () => theme.choose('dark'), { also: m('look, appearance') })]),
    ...(theme.current() === 'system' ? [] : [command('system', t('Theme like the system'), () => theme.choose('system'), { also: m('look, appearance, auto') })]),
    theme.density() === 'compact'
      ? command('density', t('Roomy density'), () => theme.chooseDensity('roomy'), { also: m('look, spacing') })
      : command('density', t('Compact density'), () => theme.chooseDensity('compact'), { also: m('look, spacing, dense') }),
    ...languageCodes
      .filter((code) => code !== chosenLanguage())
      .map((code) => command(`language ${code}`, t('Language: {name}', { name: languages[code].name }), () => chooseLanguage(code), { also: m('translation') })),
    ...(chosenLanguage() === null ? [] : [command('language', t('Language: automatic'), () => chooseLanguage(null), { also: m('translation') })]),
  ])
}

/** `also` has what else it is found by, with commas of any script between. */
function command(key: string, label: string, act: () => void, more: { also?: string; keys?: ShortcutId } = {}): CommandEntry {
  return {
    kind: 'command', key: `command ${key}`, label, act,
    ...(more.also && { also: t(more.also).split(/\s*[,،、，]\s*/) }),
    ...(more.keys && { chord: shortcuts[more.keys].chords[0] }),
  }
}
