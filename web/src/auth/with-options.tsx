import { useQueryClient } from '@tanstack/solid-query'
import { createSignal, onMount, Show, type JSX } from 'solid-js'
import { t } from '~/i18n/i18n'
import { Button } from '~/ui/button'
import { Skeleton } from '~/ui/skeleton'
import { Alert, AuthPage } from './form'
import type { SignInOptions } from '~/api.gen'
import { optionsQuery } from './options'

/**
 * A page that depends on what the server offers. It is made once that is known,
 * and doesn't change after that under the hands of whoever fills it in.
 */
export function WithOptions(props: { title: string; children: (options: SignInOptions) => JSX.Element }) {
  const client = useQueryClient()
  const [options, setOptions] = createSignal(client.getQueryData(optionsQuery.queryKey))
  const [trouble, setTrouble] = createSignal('')
  const [busy, setBusy] = createSignal(false)

  async function ask() {
    setBusy(true)
    await client.prefetchQuery(optionsQuery)
    const state = client.getQueryState(optionsQuery.queryKey)
    setTrouble(state?.error?.message ?? '')
    setOptions(state?.data)
    setBusy(false)
  }
  onMount(() => {
    if (!options()) void ask()
  })

  return (
    <Show
      when={options()}
      keyed
      fallback={
        <AuthPage title={props.title}>
          <Show when={trouble()} fallback={<Shape />}>
            <div class="mt-5 flex flex-col gap-3">
              <Alert message={trouble()} />
              <Button size="large" aria-busy={busy()} onClick={() => void ask()}>
                {busy() ? t('Trying…') : t('Try again')}
              </Button>
            </div>
          </Show>
        </AuthPage>
      }
    >
      {props.children}
    </Show>
  )
}

/** Of what is to come. */
function Shape() {
  return (
    <div class="mt-6 flex animate-fade-in flex-col gap-4" role="status">
      <span class="sr-only">{t('Loading')}</span>
      <Skeleton class="h-11" />
      <Skeleton class="h-11" />
      <Skeleton class="mt-2 h-11" />
    </div>
  )
}
