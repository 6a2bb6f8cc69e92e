import { useQueryClient } from '@tanstack/solid-query'
import { useRouter } from '@tanstack/solid-router'
import { createEffect, createSignal, For, Show, untrack } from 'solid-js'
import { callbackTo } from '~/auth/calls'
import type { Provider } from '~/api.gen'
import { ProviderMark } from '~/auth/provider-mark'
import { useQuery } from '~/query'
import { Button } from '~/ui/button'
import { Skeleton } from '~/ui/skeleton'
import { showToast } from '~/ui/toast'
import { createAction } from './action'
import type { Me } from './me'
import { Confirm } from './modal'
import { Block, Card, Fault, Item, Keyed, Loaded, Sign } from './parts'
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
    untrack(() => showToast({ title: `${nameOf(id)} is connected` }))
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
        you_cant_unlink_your_last_account: 'This is your last way to sign in. Add another one first.',
        failed_to_unlink_last_account: 'This is your last way to sign in. Add another one first.',
      },
      done: (_, account) => showToast({ title: `${nameOf(account.providerId)} is disconnected` }),
    },
  )

  return (
    <Show when={props.providers.length > 0 || count() > 0}>
      <Block title="Connected accounts" text="Sign in with an account that you have elsewhere. Nothing is posted there.">
        <Loaded query={linked} what="Connected accounts" skeleton={<Skeleton class="h-17 w-full rounded-card" />}>
          {(accounts) => (
            <Card>
              <Keyed each={accounts()}>
                {(account) => (
                  <Item
                    lead={<Sign><ProviderMark id={account().providerId} /></Sign>}
                    title={nameOf(account().providerId)}
                    text={last() ? 'Your only way to sign in. To disconnect it, add another way first.' : connectedWords(account())}
                  >
                    <Show when={!last()}>
                      <Button variant="outline" onClick={() => setLeaving(account())}>
                        Disconnect<span class="sr-only"> {nameOf(account().providerId)}</span>
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
          title={(a) => `Disconnect ${nameOf(a.providerId)}?`}
          text={(a) => `You can't sign in with ${nameOf(a.providerId)} any more, until you connect it again.`}
          label="Disconnect"
          busyLabel="Disconnecting…"
          action={disconnect}
        />
      </Block>
    </Show>
  )
}

function connectedWords(account: LinkedAccount): string {
  return account.createdAt === null ? 'Connected' : `Connected since ${date(account.createdAt, Date.now())}`
}

function Offer(props: { provider: Provider }) {
  const here = '/account/sign-in'
  const connect = createAction(
    () => link(props.provider.id, callbackTo(`${here}?${new URLSearchParams({ linked: props.provider.id }).toString()}`), here),
    { done: (url) => location.assign(url) },
  )
  return (
    <>
      <Item lead={<Sign><ProviderMark id={props.provider.id} /></Sign>} title={props.provider.name} text="Not connected">
        <Button variant="outline" aria-busy={connect.busy()} onClick={() => void connect.run()}>
          {connect.countdown() || (connect.busy() ? 'Connecting…' : 'Connect')}
          <span class="sr-only"> {props.provider.name}</span>
        </Button>
      </Item>
      <Show when={connect.message()}>
        <Fault action={connect} class="p-3" />
      </Show>
    </>
  )
}
