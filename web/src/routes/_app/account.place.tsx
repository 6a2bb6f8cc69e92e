import { createFileRoute } from '@tanstack/solid-router'
import { lazy } from 'solid-js'

// Few come here: its parts aren't among those that the first page names.
const PlacePage = lazy(async () => ({ default: (await import('~/account/place-page')).PlacePage }))

export const Route = createFileRoute('/_app/account/place')({ component: () => <PlacePage /> })
