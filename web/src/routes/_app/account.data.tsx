import { createFileRoute } from '@tanstack/solid-router'
import { DataPage } from '~/account/data-page'

export const Route = createFileRoute('/_app/account/data')({ component: DataPage })
