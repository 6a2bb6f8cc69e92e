import { useQueryClient } from '@tanstack/solid-query'
import { useRouter } from '@tanstack/solid-router'
import { createSignal } from 'solid-js'
import { createCountdown } from '~/auth/form'
import { setSession } from '~/auth/session'
import { inWords } from '~/auth/words'
import { seconds, type Failure, type Result } from '~/http'
import { t } from '~/i18n/i18n'

// One thing that can be done with an account: whether it is under way, and what
// went wrong with it last.

export interface Action<A extends unknown[]> {
  busy(): boolean
  /** What went wrong, in words; '' while nothing did. */
  message(): string
  /** It wants a session that began lately: signing in again is the way. */
  stale(): boolean
  /** For eyes only: a counter that speaks each second is a nuisance. */
  countdown(): string
  /** Whether it went well. What is asked for while it is busy or slowed isn't done. */
  run(...args: A): Promise<boolean>
  reset(): void
}

const staleCodes = ['SESSION_NOT_FRESH', 'SESSION_IS_NOT_FRESH', 'SESSION_EXPIRED', 'SESSION_EXPIRED_REAUTHENTICATE_TO_PERFORM_THIS_ACTION']

export function isStale(failure: Failure | null): boolean {
  return failure?.kind === 'refused' && staleCodes.includes(failure.code)
}

/** The session is over: revoked elsewhere, or expired. */
export function isSignedOut(failure: Failure | null): boolean {
  if (failure?.kind === 'broken') return failure.status === 401 // an empty body
  return failure?.kind === 'refused' && failure.status === 401 && (failure.code === '' || failure.code === 'UNAUTHORIZED')
}

export function createAction<A extends unknown[], T>(
  send: (...args: A) => Promise<Result<T>>,
  options: { done?(value: T, ...args: A): void; words?: Readonly<Record<string, string>> } = {},
): Action<A> {
  const leave = useLeave()
  const [busy, setBusy] = createSignal(false)
  const [failure, setFailure] = createSignal<Failure | null>(null)
  const wait = createCountdown(() => setFailure(null))

  return {
    busy,
    message() {
      const f = failure()
      if (!f) return ''
      return isStale(f) ? t('You signed in a while ago. To change this, sign in again.') : inWords(f, options.words)
    },
    stale: () => isStale(failure()),
    countdown: () => (wait.left() > 0 ? t('Wait {time}', { time: seconds(wait.left()) }) : ''),
    async run(...args) {
      if (busy() || wait.left() > 0) return false
      setBusy(true)
      setFailure(null)
      const result = await send(...args).finally(() => setBusy(false))
      if (!result.ok) {
        if (isSignedOut(result.failure)) leave()
        setFailure(result.failure)
        if (result.failure.kind === 'limited') wait.start(result.failure.retryAfterSeconds)
        return false
      }
      options.done?.(result.value, ...args)
      return true
    },
    reset() {
      if (wait.left() === 0) setFailure(null)
    },
  }
}

/** The way out for a session that is over, and back to this place. */
export function useLeave(): () => void {
  const client = useQueryClient()
  const router = useRouter()
  return () => {
    const { href, pathname } = router.latestLocation
    // The connection may have noticed it first, and be on this way already.
    if (pathname.startsWith('/sign-')) return
    setSession(client, null)
    void router.navigate({ to: '/sign-in', search: { redirect: href } })
  }
}
