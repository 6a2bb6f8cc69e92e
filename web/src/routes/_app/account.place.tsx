import { createFileRoute } from '@tanstack/solid-router'
import { PlacePage } from '~/account/place-page'

export const Route = createFileRoute('/_app/account/place')({ component: PlacePage })
