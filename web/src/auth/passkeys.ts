import { createSignal, onCleanup } from 'solid-js'
import { useEnter } from './enter'
import type { PasskeyOutcome } from './passkey'

/** Passkeys of a page: a button's, and those that the browser offers in the form. */
export function createPasskeys(options: { redirect: string | undefined; report(message: string): void }) {
  const enter = useEnter()
  const [busy, setBusy] = createSignal(false)
  // A browser asks for one at a time.
  let asking = new AbortController()
  onCleanup(() => asking.abort())

  function begin(): AbortSignal {
    asking.abort()
    asking = new AbortController()
    return asking.signal
  }

  async function settle(outcome: PasskeyOutcome) {
    if (outcome.kind === 'in') await enter.anew(options.redirect)
    if (outcome.kind === 'secondFactor') await enter.after({ step: 'secondFactor' }, options.redirect)
    if (outcome.kind === 'failed') options.report(outcome.message)
  }

  function offer() {
    const signal = begin()
    import('./passkey').then((p) => p.offerPasskeys(signal, (outcome) => void settle(outcome))).catch(() => {
      // It is a convenience; the button says what is wrong.
    })
  }

  return {
    busy,
    offer,
    async choose() {
      if (busy()) return
      options.report('')
      setBusy(true)
      const signal = begin()
      const { signInByPasskey } = await import('./passkey')
      const outcome = await signInByPasskey(signal)
      if (!signal.aborted) await settle(outcome)
      setBusy(false)
      if (!signal.aborted && (outcome.kind === 'cancelled' || outcome.kind === 'failed')) offer()
    },
  }
}
