import { Link } from '@tanstack/solid-router'
import { Show } from 'solid-js'
import { useLive } from '~/app/live'
import { t } from '~/i18n/i18n'
import { buttonVariants } from '~/ui/button'
import { cn } from '~/ui/cn'

/** Tells guests how to stay; nobody else sees it. */
export function GuestBanner(props: { class?: string }) {
  const { account } = useLive()
  return (
    <Show when={account().guest}>
      <div class={cn('flex flex-wrap items-center justify-between gap-3 rounded-card bg-accent-soft px-4 py-3', props.class)}>
        <p class="min-w-0 flex-1 basis-56 text-body">{t('You are a guest. Make an account to keep your name.')}</p>
        <Link to="/sign-up" class={buttonVariants({ size: 'small' })}>
          {t('Make an account')}
        </Link>
      </div>
    </Show>
  )
}
