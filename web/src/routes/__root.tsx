import type { QueryClient } from '@tanstack/solid-query'
import { createRootRouteWithContext, Link, Outlet } from '@tanstack/solid-router'
import { t } from '~/i18n/i18n'
import { Notice } from '~/notice'
import { buttonVariants } from '~/ui/button'

export const Route = createRootRouteWithContext<{ client: QueryClient }>()({
  component: Outlet,
  notFoundComponent: () => (
    <Notice title={t('Nothing here')} text={t('This address leads nowhere. It may be mistyped, or what it led to is gone.')}>
      <Link to="/" class={buttonVariants()}>
        {t('Go to the rooms')}
      </Link>
    </Notice>
  ),
})
