import { Show } from 'solid-js'
import { optionsQuery } from '~/auth/options'
import { wordsFor } from '~/auth/words'
import { t } from '~/i18n/i18n'
import { useQuery } from '~/query'
import { Skeleton } from '~/ui/skeleton'
import { LinkedBlock } from './linked-block'
import { meQuery } from './me'
import { Loaded, Page } from './parts'
import { PasskeysBlock } from './passkeys-block'
import { PasswordBlock } from './password-block'
import { TwoFactorBlock } from './two-factor-block'

/** `error` and `linked` are how a visit to a provider ended. */
export function SignInWaysPage(props: { error: string | undefined; linked: string | undefined }) {
  const me = useQuery(() => meQuery)
  const options = useQuery(() => optionsQuery)
  const offered = () => (options.isPending ? undefined : options.data)
  return (
    <Page title={t('Ways to sign in')} lead={t('More than one way keeps you from being locked out.')}>
      <Show when={props.error}>
        {(code) => (
          <p role="alert" class="rounded-control bg-bad-soft px-3 py-2 text-meta text-bad">
            {t('Nothing was connected. {why}', { why: wordsFor(code() === 'account_not_linked' ? 'unable_to_link_account' : code()) })}
          </p>
        )}
      </Show>
      <Loaded query={me} loading={t('Loading your ways to sign in')} failed={t("Your ways to sign in couldn't be loaded")} skeleton={<Waiting />}>
        {(m) => (
          <div class="flex flex-col gap-9 md:gap-10">
            <Show when={m().hasPassword || offered()?.passwords !== false}>
              <PasswordBlock me={m()} mail={offered()?.mail !== false} />
            </Show>
            <PasskeysBlock />
            <LinkedBlock me={m()} providers={offered()?.providers ?? []} linked={props.linked} />
            <TwoFactorBlock me={m()} />
          </div>
        )}
      </Loaded>
    </Page>
  )
}

function Waiting() {
  return (
    <div class="flex flex-col gap-10">
      <Skeleton class="h-28 w-full rounded-card" />
      <Skeleton class="h-28 w-full rounded-card" />
      <Skeleton class="h-28 w-full rounded-card" />
    </div>
  )
}
