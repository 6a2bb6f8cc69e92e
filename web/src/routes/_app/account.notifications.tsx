import { createFileRoute } from '@tanstack/solid-router'
import { NotificationsPage } from '~/account/notifications-page'

export const Route = createFileRoute('/_app/account/notifications')({ component: NotificationsPage })
