import { expect, it } from 'vitest'
import type { Invite } from './invites'
import { about } from './invites-page'

const invite: Invite = { id: 'i', email: null, createdAt: 0, expiresAt: null, usesLeft: 2, invitedBy: 'Mia', roomName: 'Tea', accounts: true, dead: '' }

it('says whom an invitation lets in, and why it lets in nobody', () => {
  expect(about(invite)).toBe('for 2 accounts · into Tea · by Mia')
  expect(about({ ...invite, accounts: false })).toBe('for 2 people with an account · into Tea · by Mia')
  expect(about({ ...invite, accounts: false, dead: 'banned', roomName: '' })).toBe('lets nobody in, as who made it is banned · for 2 accounts · by Mia')
})
