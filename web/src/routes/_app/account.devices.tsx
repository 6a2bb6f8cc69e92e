import { createFileRoute } from '@tanstack/solid-router'
import { DevicesPage } from '~/account/devices-page'

export const Route = createFileRoute('/_app/account/devices')({ component: DevicesPage })
