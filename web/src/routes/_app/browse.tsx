import { createFileRoute } from '@tanstack/solid-router'
import { BrowsePage } from '~/rooms/browse-page'

export const Route = createFileRoute('/_app/browse')({ component: BrowsePage })
