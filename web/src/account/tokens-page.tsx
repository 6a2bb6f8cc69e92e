import { useQueryClient } from '@tanstack/solid-query'
import SquareTerminal from 'lucide-solid/icons/square-terminal'
import { createSignal, For, Show } from 'solid-js'
import { Field, focusFault } from '~/auth/form'
import { useQuery } from '~/query'
import { Badge } from '~/ui/badge'
import { Button } from '~/ui/button'
import { Checkbox } from '~/ui/checkbox'
import { Choice } from '~/ui/choice'
import { DialogFooter } from '~/ui/dialog'
import { Skeleton } from '~/ui/skeleton'
import { showToast } from '~/ui/toast'
import { createAction } from './action'
import { CopyField } from './copy'
import { Confirm, Modal, onOpen } from './modal'
import { Act, Block, Card, Empty, Fault, Item, Keyed, Loaded, Page, Sign } from './parts'
import { ago, ahead } from './times'
import type { Scope } from '~/api.gen'
import { createToken, example, revokeToken, scopes, scopeWords, tokensQuery, type Token } from './tokens'

const NAME_MAX = 64

/** Tokens by which scripts act for the person. */
export function TokensPage() {
  const client = useQueryClient()
  const tokens = useQuery(() => tokensQuery)
  const [making, setMaking] = createSignal(false)
  const [revoking, setRevoking] = createSignal<Token | null>(null)

  const revoke = createAction(
    async (token: Token) => {
      const result = await revokeToken(token.id)
      if (result.ok) await client.invalidateQueries({ queryKey: tokensQuery.queryKey })
      return result
    },
    { done: (_, token) => showToast({ title: `“${token.name}” is revoked` }) },
  )

  const make = () => <Button onClick={() => setMaking(true)}>New token</Button>
  return (
    <Page title="API tokens" lead="With a token a script or bot reads and posts as you, without your password.">
      <Block title="Your tokens" action={make()}>
        <Loaded query={tokens} what="Your tokens" skeleton={<Skeleton class="h-36 w-full rounded-card" />}>
          {(list) => (
            <Show when={list().length > 0} fallback={<Empty title="No tokens yet" text="Make one for each script, so that one can be revoked without the others." />}>
              <Card>
                <Keyed each={list()}>
                  {(token) => (
                    <Item
                      much
                      lead={<Sign><SquareTerminal class="size-4.5" aria-hidden="true" /></Sign>}
                      title={
                        <>
                          <span dir="auto">{token().name}</span>
                          <Show when={isOver(token())}>
                            <Badge tone="warn">Expired</Badge>
                          </Show>
                        </>
                      }
                      text={
                        <>
                          <code class="font-mono" dir="ltr">{token().hint}…</code> · {scopeWords(token().scopes)} · {usedWords(token())}
                          <br />
                          {expiryWords(token())}
                        </>
                      }
                    >
                      <Button variant="outline" onClick={() => setRevoking(token())}>
                        Revoke<span class="sr-only"> {token().name}</span>
                      </Button>
                    </Item>
                  )}
                </Keyed>
              </Card>
            </Show>
          )}
        </Loaded>
        <MakeDialog open={making()} onClose={() => setMaking(false)} />
        <Confirm
          target={revoking()}
          onClose={() => setRevoking(null)}
          title={(t) => `Revoke “${t.name}”?`}
          text={() => 'Whatever uses it is cut off at once. It can’t be brought back.'}
          label="Revoke"
          busyLabel="Revoking…"
          action={revoke}
        />
      </Block>
    </Page>
  )
}

function isOver(token: Token): boolean {
  return token.expiresAt !== null && token.expiresAt <= Date.now()
}

function usedWords(token: Token): string {
  return token.usedAt === null ? 'never used' : `used ${ago(token.usedAt, Date.now())}`
}

function expiryWords(token: Token): string {
  if (token.expiresAt === null) return 'Never expires'
  const now = Date.now()
  return isOver(token) ? `Expired ${ago(token.expiresAt, now)}` : `Expires ${ahead(token.expiresAt, now)}`
}

interface Made {
  token: string
  scopes: readonly Scope[]
}

function MakeDialog(props: { open: boolean; onClose(): void }) {
  const [made, setMade] = createSignal<Made | null>(null)
  const close = () => props.onClose()
  onOpen(
    () => props.open,
    () => setMade(null),
  )
  return (
    <Modal
      open={props.open}
      onClose={close}
      holds={made() !== null}
      title={made() ? 'Copy your token' : 'New token'}
      text={made() ? 'It is not shown again. Whoever has it can do what it may do: keep it like a password.' : undefined}
      class={made() ? 'sm:max-w-lg' : ''}
    >
      <Show when={made()} fallback={<MakeForm onCancel={close} onMade={setMade} />}>
        {(m) => (
          <>
            <CopyField label="Token" value={m().token} />
            <CopyField label="Try it in a terminal" value={example(m().token, m().scopes, location.origin)} rows />
            <DialogFooter>
              <Button onClick={close}>Done</Button>
            </DialogFooter>
          </>
        )}
      </Show>
    </Modal>
  )
}

const expiries = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: '1 year' },
  { value: 'never', label: 'Never' },
] as const

function MakeForm(props: { onCancel(): void; onMade(made: Made): void }) {
  const client = useQueryClient()
  const [name, setName] = createSignal('')
  const [granted, setGranted] = createSignal<readonly Scope[]>(['messages:read'])
  const [expiry, setExpiry] = createSignal<(typeof expiries)[number]['value']>('90')
  const [tried, setTried] = createSignal(false)
  let form!: HTMLFormElement

  const nameFault = () =>
    name().trim() === '' ? 'Enter a name, so that you know later what it is for.' : name().trim().length > NAME_MAX ? `Use at most ${NAME_MAX} characters.` : ''
  const scopeFault = () => (granted().length === 0 ? 'Choose what it may do.' : '')

  const create = createAction(
    () => createToken({ name: name().trim(), scopes: [...granted()], expiresInDays: expiry() === 'never' ? null : Number(expiry()) }),
    {
      done(token) {
        props.onMade({ token, scopes: granted() })
        void client.invalidateQueries({ queryKey: tokensQuery.queryKey })
      },
    },
  )

  function submit(event: SubmitEvent) {
    event.preventDefault()
    setTried(true)
    if (!focusFault(form) && !scopeFault()) void create.run()
  }

  return (
    <form ref={form} class="flex flex-col gap-5" onSubmit={submit} noValidate>
      <Field
        label="Name" name="token-name" autocomplete="off" autofocus hint="What it is for: “Backup script”, say."
        value={name()} onChange={setName} fault={tried() ? nameFault() : ''}
      />
      <fieldset class="flex flex-col gap-1">
        <legend class="mb-1 text-meta font-medium">It may</legend>
        <For each={scopes}>
          {({ scope, label, hint }) => (
            <Checkbox
              checked={granted().includes(scope)}
              onChange={(on) => setGranted((list) => scopes.map((s) => s.scope).filter((s) => (s === scope ? on : list.includes(s))))}
              hint={hint}
            >
              {label}
            </Checkbox>
          )}
        </For>
        <p role="alert" class="text-meta text-bad empty:hidden">{tried() ? scopeFault() : ''}</p>
      </fieldset>
      <Choice label="It expires after" options={expiries} value={expiry()} onChange={setExpiry} />
      <Fault action={create} />
      <DialogFooter>
        <Button variant="outline" onClick={() => props.onCancel()}>Cancel</Button>
        <Act action={create} label="Make token" busyLabel="Making…" />
      </DialogFooter>
    </form>
  )
}
