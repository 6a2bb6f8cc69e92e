import { describe, expect, it } from 'vitest'
import { t } from '~/i18n/i18n'
import { auditWords, span } from './audit-words'
import type { AuditLine } from './calls'

const line = (action: string, detail = '', roomName = 'Tea'): AuditLine => ({
  id: 1, at: 0, action, detail, room: 'tea', roomName, by: { userId: 'a', userName: 'Ada' }, user: { userId: 'b', userName: 'Bob' },
})

describe('the audit log in words', () => {
  it.each([
    [line('muted', '3600'), 'Ada muted Bob in Tea for 1 hour'],
    [line('role_set', 'moderator'), 'Ada made Bob a moderator in Tea'],
    [line('banned', 'spam', ''), 'Ada banned Bob: spam'],
    [line('messages_deleted', '', ''), 'Ada deleted all messages of Bob in all rooms'],
    [line('messages_deleted'), 'Ada deleted all messages of Bob in Tea'],
    [line('kind_changed', 'private'), 'Ada made Tea private'],
    [line('slow_mode_set', '0'), 'Ada turned slow mode off in Tea'],
    [line('server_renamed', 'The Table', ''), 'Ada named the server “The Table”'],
    [line('server_renamed', '', ''), 'Ada took the name of the server away'],
    [line('server_described', 'For us', ''), 'Ada changed the description of the server'],
    [line('member_invited', 'member'), 'Bob came to Tea by an invitation of Ada'],
    [line('invite_made', '5 604800'), 'Ada made an invitation to Tea: for 5 people, good for 7 days'],
    [line('invite_made', '1 86400', ''), 'Ada made an invitation to the server: for 1 person, good for 1 day'],
    [line('invite_revoked'), 'Ada revoked an invitation to Tea by Bob'],
    [line('invite_revoked', '', ''), 'Ada revoked an invitation to the server by Bob'],
    [line('invite_used', '', ''), 'Bob made an account by an invitation of Ada'],
    [line('from_the_future'), 'Ada did something to Bob that this page has no words for'],
  ])('says %o', (entry, words) => {
    const { text, ...values } = auditWords(entry)
    expect(t(text, { ...values, who: entry.by.userName })).toBe(words)
  })

  it.each([[45, '45 seconds'], [60, '1 minute'], [7_200, '2 hours'], [86_400 * 3, '3 days']])('says a span of %i s', (s, words) => expect(span(s)).toBe(words))
})
