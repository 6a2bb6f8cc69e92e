import { expect, it } from 'vitest'
import { parseGreeting } from './calls'

it.each([
  [{ setup: 'left', newcomer: false }, { setup: 'left', newcomer: false }],
  [{ setup: 'done', newcomer: true, invitedBy: { userId: 'a', userName: 'Ada' } }, { setup: 'done', newcomer: true, invitedBy: { userId: 'a', userName: 'Ada' } }],
  [{ setup: 'done', newcomer: true, invitedBy: { userId: 'a' } }, { setup: 'done', newcomer: true }],
  [{ setup: 'perhaps', newcomer: true }, null],
  [null, null],
])('reads %o', (reply, greeting) => expect(parseGreeting(reply)).toEqual(greeting))
