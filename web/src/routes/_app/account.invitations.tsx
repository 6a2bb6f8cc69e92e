import { createFileRoute } from '@tanstack/solid-router'
import { InvitesPage } from '~/account/invites-page'

export const Route = createFileRoute('/_app/account/invitations')({ component: InvitesPage })
