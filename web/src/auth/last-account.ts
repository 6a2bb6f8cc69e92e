import { member } from '~/http'
import { LAST_ACCOUNT, parseAccount, type Account } from './session'

// Who was signed in last in this browser, for starts without a network. It opens
// nothing: the server goes by the cookie alone.

export function keepAccount(account: Account) {
  try {
    localStorage.setItem(LAST_ACCOUNT, JSON.stringify(account))
  } catch {
    // Storage is blocked or full: nothing starts without a network.
  }
}

export function lastAccount(): Account | null {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(LAST_ACCOUNT) ?? 'null')
    const account = parseAccount(kept)
    return account && { ...account, guest: member(kept, 'guest') === true }
  } catch {
    return null
  }
}
