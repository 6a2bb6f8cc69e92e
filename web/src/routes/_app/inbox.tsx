import { createFileRoute } from '@tanstack/solid-router'
import { InboxPage } from '~/attention/inbox-page'

export const Route = createFileRoute('/_app/inbox')({ component: InboxPage })
