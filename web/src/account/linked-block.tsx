import { useQueryClient } from '@tanstack/solid-query'
import { useRouter } from '@tanstack/solid-router'
import { createEffect, createSignal, For, Show, untrack } from 'solid-js'
import { callbackTo } from '~/auth/calls'
import type { Provider } from '~/api.gen'
import { ProviderMark } from '~/auth/provider-mark'
import { m, t } from '~/i18n/i18n'
import { useQuery } from '~/query'
import { Button } from '~/ui/button'
import { Skeleton } from '~/ui/skeleton'
import { showToast } from '~/ui/toast'
import { createAction } from './action'
import type { Me } from './me'
import { Confirm } from './modal'
import { Act, Block, Card, Fault, Item, Keyed, Loaded, Sign } from './parts'
import { date } from './times'
import { link, linkedQuery, passkeysQuery, unlink, type LinkedAccount } from './ways'

/** Accounts elsewhere that sign in here. */
export function LinkedBlock(props: { me: Me; providers: readonly Provider[]; linked: string | undefined }) {
  const client = useQueryClient()
  const router = useRouter()
  const linked = useQuery(() => linkedQuery)
  const passkeys = useQuery(() => passkeysQuery)
  const [leaving, setLeaving] = createSignal<LinkedAccount | null>(null)
  const nameOf = (id: string) => props.providers.find((p) => p.id === id)?.name ?? id
  const count = () => (linked.isPending ? 0 : (linked.data?.length ?? 0))
  const passkeyCount = () => (passkeys.isPending ? 0 : (passkeys.data?.length ?? 0))
  const last = () => count() + Number(props.me.hasPassword) + passkeyCount() <= 1

  // Said once, and only if it is so: anyone can write an address.
  let said = false
  createEffect(() => {
    const id = props.linked
    if (!id || said || linked.isPending || !linked.data?.some((a) => a.providerId === id)) return
    said = true
    untrack(() => showToast({ title: t('{provider} is connected', { provider: nameOf(id) }) }))
    void router.navigate({ to: '/account/sign-in', replace: true })
  })

  const disconnect = createAction(
    async (account: LinkedAccount) => {
      const result = await unlink(account)
      if (result.ok) await client.invalidateQueries({ queryKey: linkedQuery.queryKey })
      return result
    },
    {
      words: {
        you_cant_unlink_your_last_account: m('This is your last way to sign in. Add another one first.'),
        failed_to_unlink_last_account: m('This is your last way to sign in. Add another one first.'),
      },
      done: (_, account) => showToast({ title: t('{provider} is disconnected', { provider: nameOf(account.providerId) }) }),
    },
  )

  return (
    <Show when={props.providers.length > 0 || count() > 0}>
      <Block title={t('Connected accounts')} text={t('Sign in with an account that you have elsewhere. Nothing is posted there.')}>
        <Loaded query={linked} loading={t('Loading connected accounts')} failed={t("Connected accounts couldn't be loaded")} skeleton={<Skeleton class="h-17 w-full rounded-card" />}>
          {(accounts) => (
            <Card>
              <Keyed each={accounts()}>
                {(account) => (
                  <Item
                    lead={<Sign><ProviderMark id={account().providerId} /></Sign>}
                    title={nameOf(account().providerId)}
                    text={last() ? t('Your only way to sign in. To disconnect it, add another way first.') : connectedWords(account())}
                  >
                    <Show when={!last()}>
                      <Button variant="outline" aria-label={t('Disconnect {provider}', { provider: nameOf(account().providerId) })} onClick={() => setLeaving(account())}>
                        {t('Disconnect')}
                      </Button>
                    </Show>
                  </Item>
                )}
              </Keyed>
              <For each={props.providers.filter((p) => !accounts().some((a) => a.providerId === p.id))}>
                {(provider) => <Offer provider={provider} />}
              </For>
            </Card>
          )}
        </Loaded>
        <Confirm
          target={leaving()}
          onClose={() => setLeaving(null)}
          title={(a) => t('Disconnect {provider}?', { provider: nameOf(a.providerId) })}
          text={(a) => t("You can't sign in with {provider} any more, until you connect it again.", { provider: nameOf(a.providerId) })}
          label={t('Disconnect')}
          busyLabel={t('Disconnecting…')}
          action={disconnect}
        />
      </Block>
    </Show>
  )
}

function connectedWords(account: LinkedAccount): string {
  return account.createdAt === null ? t('Connected') : t('Connected since {date}', { date: date(account.createdAt, Date.now()) })
}

function Offer(props: { provider: Provider }) {
  const here = '/account/sign-in'
  const connect = createAction(
    () => link(props.provider.id, callbackTo(`${here}?${new URLSearchParams({ linked: props.provider.id }).toString()}`), here),
    { done: (url) => location.assign(url) },
  )
  return (
    <>
      <Item lead={<Sign><ProviderMark id={props.provider.id} /></Sign>} title={props.provider.name} text={t('Not connected')}>
        <Act action={connect} variant="outline" label={t('Connect')} busyLabel={t('Connecting…')} named={t('Connect {provider}', { provider: props.provider.name })} onClick={() => void connect.run()} />
      </Item>
      <Show when={connect.message()}>
        <Fault action={connect} class="p-3" />
      </Show>
    </>
  )
}
