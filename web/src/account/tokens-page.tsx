import { useQueryClient } from '@tanstack/solid-query'
import SquareTerminal from 'lucide-solid/icons/square-terminal'
import { createSignal, For, Show } from 'solid-js'
import { Field, focusFault } from '~/auth/form'
import { plural, t } from '~/i18n/i18n'
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
    { done: (_, token) => showToast({ title: t('“{token}” is revoked', { token: token.name }) }) },
  )

  const make = () => <Button onClick={() => setMaking(true)}>{t('New token')}</Button>
  return (
    <Page title={t('API tokens')} lead={t('With a token a script or bot reads and posts as you, without your password.')}>
      <Block title={t('Your tokens')} action={make()}>
        <Loaded query={tokens} loading={t('Loading your tokens')} failed={t("Your tokens couldn't be loaded")} skeleton={<Skeleton class="h-36 w-full rounded-card" />}>
          {(list) => (
            <Show when={list().length > 0} fallback={<Empty title={t('No tokens yet')} text={t('Make one for each script, so that one can be revoked without the others.')} />}>
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
                            <Badge tone="warn">{t('Expired')}</Badge>
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
                      <Button variant="outline" aria-label={t('Revoke {token}', { token: token().name })} onClick={() => setRevoking(token())}>
                        {t('Revoke')}
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
          title={(token) => t('Revoke “{token}”?', { token: token.name })}
          text={() => t('Whatever uses it is cut off at once. It can’t be brought back.')}
          label={t('Revoke')}
          busyLabel={t('Revoking…')}
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
  return token.usedAt === null ? t('never used') : t('used {when}', { when: ago(token.usedAt, Date.now()) })
}

function expiryWords(token: Token): string {
  if (token.expiresAt === null) return t('Never expires')
  const now = Date.now()
  return isOver(token) ? t('Expired {when}', { when: ago(token.expiresAt, now) }) : t('Expires {when}', { when: ahead(token.expiresAt, now) })
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
      title={made() ? t('Copy your token') : t('New token')}
      text={made() ? t('It is not shown again. Whoever has it can do what it may do: keep it like a password.') : undefined}
      class={made() ? 'sm:max-w-lg' : ''}
    >
      <Show when={made()} fallback={<MakeForm onCancel={close} onMade={setMade} />}>
        {(shown) => (
          <>
            <CopyField label={t('Token')} copy={t('Copy token')} value={shown().token} />
            <CopyField label={t('Try it in a terminal')} copy={t('Copy try it in a terminal')} value={example(shown().token, shown().scopes, location.origin)} rows />
            <DialogFooter>
              <Button onClick={close}>{t('Done')}</Button>
            </DialogFooter>
          </>
        )}
      </Show>
    </Modal>
  )
}

const expiries = () =>
  [
    { value: '30', label: plural(30, '1 day', '{count} days') },
    { value: '90', label: plural(90, '1 day', '{count} days') },
    { value: '365', label: plural(1, '1 year', '{count} years') },
    { value: 'never', label: t('Never') },
  ] as const

function MakeForm(props: { onCancel(): void; onMade(made: Made): void }) {
  const client = useQueryClient()
  const [name, setName] = createSignal('')
  const [granted, setGranted] = createSignal<readonly Scope[]>(['messages:read'])
  const [expiry, setExpiry] = createSignal<ReturnType<typeof expiries>[number]['value']>('90')
  const [tried, setTried] = createSignal(false)
  let form!: HTMLFormElement

  const nameFault = () =>
    name().trim() === '' ? t('Enter a name, so that you know later what it is for.') : name().trim().length > NAME_MAX ? plural(NAME_MAX, 'Use at most 1 character.', 'Use at most {count} characters.') : ''
  const scopeFault = () => (granted().length === 0 ? t('Choose what it may do.') : '')

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
        label={t('Name')} name="token-name" autocomplete="off" autofocus hint={t('What it is for: “Backup script”, say.')}
        value={name()} onChange={setName} fault={tried() ? nameFault() : ''}
      />
      <fieldset class="flex flex-col gap-1">
        <legend class="mb-1 text-meta font-medium">{t('It may')}</legend>
        <For each={scopes}>
          {({ scope, label, hint }) => (
            <Checkbox
              checked={granted().includes(scope)}
              onChange={(on) => setGranted((list) => scopes.map((s) => s.scope).filter((s) => (s === scope ? on : list.includes(s))))}
              hint={t(hint)}
            >
              {t(label)}
            </Checkbox>
          )}
        </For>
        <p role="alert" class="text-meta text-bad empty:hidden">{tried() ? scopeFault() : ''}</p>
      </fieldset>
      <Choice label={t('It expires after')} options={expiries()} value={expiry()} onChange={setExpiry} />
      <Fault action={create} />
      <DialogFooter>
        <Button variant="outline" onClick={() => props.onCancel()}>{t('Cancel')}</Button>
        <Act action={create} label={t('Make token')} busyLabel={t('Making…')} />
      </DialogFooter>
    </form>
  )
}
