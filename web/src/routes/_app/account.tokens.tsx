import { createFileRoute } from '@tanstack/solid-router'
import { TokensPage } from '~/account/tokens-page'

export const Route = createFileRoute('/_app/account/tokens')({ component: TokensPage })
