import { createFileRoute } from '@tanstack/solid-router'
import { ModerationPage } from '~/moderation/moderation-page'

export const Route = createFileRoute('/_app/moderation')({ component: ModerationPage })
